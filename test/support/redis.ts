/** A real Redis, in memory alone, on a loopback port; it can be stopped, started again, and made to stand still. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePorts, untilServed } from './ports.ts';
import { program } from './required.ts';

export interface Redis {
  readonly port: number;
  /** Starts it again on its port, empty. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** It accepts connections from now on and answers nothing, until `wake`. */
  standStill(): void;
  wake(): void;
}

/** Starts one; `options` are those of its command line. Rejects when it does not listen within 10 s. */
export async function startRedis(...options: string[]): Promise<Redis> {
  const [port = 0] = await freePorts(1);
  let child: ChildProcess | undefined;
  const kill = (): void => {
    child?.kill('SIGKILL');
  };
  process.once('exit', kill);
  const redis: Redis = {
    port,
    async start() {
      const fixed = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'];
      child = spawn(program('redis-server'), [...fixed, ...options], { stdio: 'ignore' });
      await untilServed(port, { speaks: 'second', within: 10_000 });
    },
    async stop() {
      const stopped = child;
      child = undefined;
      if (stopped === undefined || stopped.exitCode !== null) return;
      const ended = once(stopped, 'close');
      stopped.kill('SIGKILL');
      await ended;
    },
    standStill: () => void child?.kill('SIGSTOP'),
    wake: () => void child?.kill('SIGCONT'),
  };
  await redis.start();
  return redis;
}
