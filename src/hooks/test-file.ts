/**
 * Runs `imap4_test.lua`, the tests of `imap4.lua` beside it, in the sandbox that the script runs in. What always
 * holds: it ends; a test that loops or eats memory has failed, and those behind it are not run.
 */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { TEST_DEADLINE } from './limits.ts';
import { startLuaThread } from './lua-thread.ts';
import { readScript } from './script-file.ts';
import type { FromTests, TestStart } from './test-protocol.ts';

const ENDING = '_test.lua';

export interface TestFailure {
  /** Undefined: it happened outside of any test. */
  readonly test: string | undefined;
  /** Begins with file and line, where there is one. */
  readonly message: string;
}

export interface TestReport {
  /** Tests that were begun. */
  readonly tests: number;
  readonly failures: readonly TestFailure[];
}

/** Whether a file is one of tests, by its name. */
export function isTestFile(file: string): boolean {
  return file.endsWith(ENDING) && basename(file) !== ENDING;
}

/** Where the tests of a script would be. VPOP3 calls its scripts IMAP4.LUA. */
export function testsOf(script: string): string {
  return script.replace(/(\.lua)?$/i, ENDING);
}

/** The script that an absolute path's file tests: the .lua beside it, or else a file whose tests it would be. */
async function scriptOf(tests: string): Promise<string> {
  const usual = `${tests.slice(0, -ENDING.length)}.lua`;
  if (existsSync(usual)) return usual;
  const folder = dirname(tests);
  const beside = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const other = beside.find((entry) => !entry.isDirectory() && testsOf(entry.name) === basename(tests));
  return other === undefined ? usual : join(folder, other.name);
}

interface TestOptions {
  /** The script where it is known; otherwise the one beside the file. */
  readonly script?: string;
  /** What script and tests find in `config`. */
  readonly settings?: TestStart['settings'];
}

/** Runs every test of one file; `print` gets the lines that script and tests print. Never rejects. */
export async function runTestFile(
  file: string,
  print: (line: string) => void,
  { script: known, settings = {} }: TestOptions = {},
): Promise<TestReport> {
  const path = resolve(file);
  const script = known === undefined ? await scriptOf(path) : resolve(known);
  const source = await readScript(script);
  if (!(source instanceof Uint8Array)) return { tests: 0, failures: [outside(source.fault)] };
  const tests = await readScript(path);
  if (!(tests instanceof Uint8Array)) return { tests: 0, failures: [outside(tests.fault)] };
  const start: TestStart = {
    script: { name: basename(script), source },
    tests: { name: basename(path), source: tests },
    folder: dirname(path),
    settings,
  };
  return await new TestRun(start, print).report;
}

function outside(message: string): TestFailure {
  return { test: undefined, message };
}

class TestRun {
  readonly report: Promise<TestReport>;
  readonly #file: string;
  readonly #print: (line: string) => void;
  readonly #worker: Worker;
  readonly #failures: TestFailure[] = [];
  #tests = 0;
  #current: { readonly name: string; readonly where: string } | undefined;
  #finished = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(start: TestStart, print: (line: string) => void) {
    this.#file = start.tests.name;
    this.#print = print;
    this.#worker = startLuaThread('test-thread', start);
    this.#wait();
    this.#worker.on('message', (message: FromTests) => this.#hear(message));
    this.#worker.on('error', (error) => this.#stop(`ended the thread: ${error.message}`));
    this.report = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        clearTimeout(this.#timer);
        if (!this.#finished) this.#stop('ended the thread');
        resolve({ tests: this.#tests, failures: this.#failures });
      });
    });
  }

  #hear(message: FromTests): void {
    if (this.#finished) return;
    switch (message.kind) {
      case 'printed':
        this.#print(message.text);
        return;
      case 'began':
        this.#tests++;
        this.#current = message;
        this.#wait();
        return;
      case 'ended':
        if (message.failure !== undefined) {
          this.#failures.push({ test: this.#current?.name, message: message.failure });
        }
        this.#current = undefined;
        this.#wait();
        return;
      case 'finished':
        this.#finished = true;
        if (message.fault !== undefined) this.#failures.push(outside(message.fault));
        else if (this.#tests === 0) this.#failures.push(outside(`${this.#file} holds no test`));
        return;
    }
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#stop(`did not return within ${TEST_DEADLINE / 1000} seconds`);
    }, TEST_DEADLINE);
  }

  /** No more is heard, and no more is run. */
  #stop(why: string): void {
    if (this.#finished) return;
    this.#finished = true;
    const where = this.#current?.where ?? `${this.#file}: `;
    this.#failures.push({ test: this.#current?.name, message: `${where}${why}` });
    void this.#worker.terminate();
  }
}
