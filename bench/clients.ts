/** The load process, seen from the runner: one job at a time, each step awaited. */
import type { ChildProcess } from 'node:child_process';
import { startModule, stop } from './child.ts';
import type { FromLoad, Job, ToLoad } from './load.ts';

export type Done = Extract<FromLoad, { said: 'done' }>;

/** Milliseconds that a step may take: a contender that lets its clients wait for ever must not stop everything. */
const LATEST = 120_000;

export class Clients {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #heard: FromLoad[] = [];
  #wake: () => void = () => {};

  static async start(): Promise<Clients> {
    return new Clients(await startModule('load.js', [], 'others'));
  }

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.pid = child.pid!;
    child.on('message', (message: FromLoad) => {
      this.#heard.push(message);
      this.#wake();
    });
    child.once('exit', () => {
      this.#heard.push({ said: 'failed', message: 'the load process ended' });
      this.#wake();
    });
  }

  async prepare(job: Job): Promise<void> {
    this.#say({ say: 'prepare', job });
    await this.#hear('prepared');
  }

  /** Starts what was prepared and resolves when it is done; call `cleared` before the next job. */
  async start(): Promise<Done> {
    this.#say({ say: 'start' });
    return (await this.#hear('done')) as Done;
  }

  async cleared(): Promise<void> {
    await this.#hear('cleared');
  }

  /** For jobs that go on until they are told to end. */
  finish(): void {
    this.#say({ say: 'finish' });
  }

  stop(): Promise<void> {
    return stop(this.#child);
  }

  #say(message: ToLoad): void {
    this.#child.send(message);
  }

  async #hear(said: FromLoad['said']): Promise<FromLoad> {
    const late = setTimeout(() => {
      this.#heard.push({ said: 'failed', message: `not ${said} within two minutes` });
      this.#wake();
    }, LATEST);
    try {
      return await this.#next(said);
    } finally {
      clearTimeout(late);
    }
  }

  async #next(said: FromLoad['said']): Promise<FromLoad> {
    for (;;) {
      const message = this.#heard.shift();
      if (message?.said === 'failed') throw new Error(`the clients failed: ${message.message}`);
      if (message?.said === said) return message;
      if (message !== undefined) throw new Error(`the clients said ${message.said}, not ${said}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
