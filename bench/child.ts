/** Starts the processes of the benchmark, each on the cores it may use, and waits until they say that they are ready. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** Who is measured has a core to itself; load and server have the others. `any`: wherever the system puts it. */
export type Cores = 'measured' | 'others' | 'any';

/** How many cores load and server have between them; a machine with one core has them all on it. */
export const otherCores: number = Math.max(1, availableParallelism() - 1);

/** A program on its cores; what it writes on standard error is shown when it does not start. */
export function start(file: string, args: readonly string[], on: Cores): ChildProcess {
  const [program, words] = pinned(file, args, on);
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr?.on('data', (text: Buffer) => {
    said = (said + text).slice(-2000);
  });
  child.once('exit', (code) => {
    if (code !== 0 && code !== null) process.stderr.write(`${file} ended with ${code}: ${said}\n`);
  });
  return child;
}

/** A module of the benchmark as a process with a channel, which has said its first word. */
export async function startModule(name: string, args: readonly string[], on: Cores): Promise<ChildProcess> {
  const path = fileURLToPath(new URL(name, import.meta.url));
  const [program, words] = pinned(process.execPath, [], on);
  const child = fork(path, args, { execPath: program, execArgv: words });
  await new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code}`)));
  });
  return child;
}

function pinned(file: string, args: readonly string[], on: Cores): [string, string[]] {
  const cores = availableParallelism();
  if (cores < 2 || on === 'any') return [file, [...args]];
  const list = on === 'measured' ? '0' : `1-${cores - 1}`;
  return ['taskset', ['--cpu-list', list, file, ...args]];
}

/** Resolves when the process listens on the port; ends it and rejects when that takes more than ten seconds. */
export async function untilListening(child: ChildProcess, port: number, who: string): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end && child.exitCode === null; await pause(20)) {
    const listens = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (listens) return;
  }
  await stop(child);
  throw new Error(`${who} did not listen on port ${port}`);
}

/** Ends a process and waits until it is gone. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 5000);
  await gone;
  clearTimeout(late);
}
