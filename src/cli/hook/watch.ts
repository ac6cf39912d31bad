/** `--watch`: the same again at each save of the script or of a file beside it, until Ctrl-C. */
import { readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { FileWatch } from '../../process/file-watch.ts';
import type { Io } from '../io.ts';

/** Milliseconds between two looks: a save is answered before the eyes are back at the terminal. */
const INTERVAL = 150;

/** One run; `files` are those that it has read. */
export type Run = () => Promise<{ readonly exitCode: number; readonly files: readonly string[] }>;

/** Runs until SIGINT or SIGTERM; the exit code is that of the last run. */
export async function watching(script: string, run: Run, io: Io): Promise<number> {
  const saves = new Saves();
  const stop = (): void => saves.stop();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    for (;;) {
      const began = Date.now();
      const { exitCode, files } = await run();
      await saves.of([script, ...files, ...(await besides(script))], began);
      io.stderr.write(`── ${clock()}: waiting for a save of ${script} (Ctrl-C ends) ──\n`);
      if ((await saves.next()) === 'stopped') return exitCode;
    }
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

/** Saves, and the end of waiting for them. A save while nobody waits is kept. */
class Saves {
  readonly #watch: FileWatch = new FileWatch(() => this.#tell('saved'), INTERVAL);
  #next: 'saved' | 'stopped' | undefined;
  #told: () => void = () => {};

  /** `since`: when their reading began. */
  async of(files: readonly string[], since: number): Promise<void> {
    await this.#watch.watch(
      files.map((file) => resolve(file)),
      since,
    );
    this.#watch.start();
  }

  stop(): void {
    this.#tell('stopped');
  }

  async next(): Promise<'saved' | 'stopped'> {
    // The watch alone keeps no process alive.
    const alive = setInterval(() => {}, 60_000);
    while (this.#next === undefined) {
      await new Promise<void>((told) => {
        this.#told = told;
      });
    }
    clearInterval(alive);
    const next = this.#next;
    if (next === 'saved') this.#next = undefined;
    else this.#watch.stop();
    return next;
  }

  #tell(what: 'saved' | 'stopped'): void {
    if (this.#next !== 'stopped') this.#next = what;
    this.#told();
  }
}

/** The Lua files in the script's folder: tests, and modules that are not required yet. */
async function besides(script: string): Promise<string[]> {
  const folder = dirname(resolve(script));
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith('.lua')).map((name) => join(folder, name));
}

function clock(): string {
  return new Date().toTimeString().slice(0, 8);
}
