/**
 * Runs other programs for the tests. Each has a bounded time, and whatever it wrote on standard error is part
 * of the error when it fails: a test that failed on another machine must say why.
 */
import { spawn } from 'node:child_process';

export interface Finished {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds before the program is killed and the call rejects; 30 s when left out. */
  readonly within?: number;
  /** Exit codes that are no failure; 0 alone when left out. */
  readonly accept?: readonly number[];
  /** Starts the program as the leader of a process group that is killed whole when its time is over. */
  readonly group?: boolean;
}

/** Runs a program to its end with nothing on standard input. Rejects on an unaccepted exit code and at the time limit. */
export function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const within = options.within ?? 30_000;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: { PATH: process.env.PATH, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: options.group === true,
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      if (child.pid !== undefined) process.kill(options.group === true ? -child.pid : child.pid, 'SIGKILL');
    }, within);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const stdout = Buffer.concat(out);
      const stderr = Buffer.concat(err).toString('utf8');
      if (!late && code !== null && (options.accept ?? [0]).includes(code))
        return resolve({ code, stdout, stderr });
      const how = late ? `was still running after ${within} ms` : `ended with ${code ?? signal}`;
      reject(new Error(`${file} ${how}.\n${tail(stderr)}\n${tail(stdout.toString('utf8'))}`));
    });
  });
}

function tail(text: string): string {
  return text.length > 8000 ? `…${text.slice(-8000)}` : text;
}
