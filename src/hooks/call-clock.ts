/**
 * Which call into the script is under way, and since when: written by the script's thread, read by the host
 * while that thread may be stuck. What the host reads always belongs to one and the same call.
 */
// Imported, for the global of that name is a getter, and this is asked for every folder.
import { performance } from 'node:perf_hooks';

/** The call that a thread is in. */
export interface CallUnderWay {
  /** The question's id; 0 while the script is being opened. */
  readonly question: number;
  /** Which call of the question's batch. */
  readonly index: number;
  /** When it began, on the clock of `now()`. */
  readonly start: number;
}

const SEQUENCE = 0;
const QUESTION = 1;
const INDEX = 2;
const START_OFFSET = 16;

/** Bytes of the shared memory that one thread's clock needs. */
export const CLOCK_BYTES = 24;

// `performance.now()` counts from the start of its own thread; `hrtime` is the same in all of them.
const offset = Number(process.hrtime.bigint() / 1000n) / 1000 - performance.now();

/** Milliseconds on a monotonic clock that all threads of the process share. */
export function now(): number {
  return performance.now() + offset;
}

export class CallClock {
  readonly #words: Int32Array;
  readonly #start: Float64Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, 3);
    this.#start = new Float64Array(memory, START_OFFSET, 1);
  }

  /** The thread is about to enter the script. The sequence is odd from here to `end`. */
  begin(question: number, index: number): void {
    this.#start[0] = now();
    this.#words[QUESTION] = question;
    this.#words[INDEX] = index;
    Atomics.add(this.#words, SEQUENCE, 1);
  }

  /** The thread is back from the script. */
  end(): void {
    Atomics.add(this.#words, SEQUENCE, 1);
  }

  /** The call under way; undefined between two calls. */
  underWay(): CallUnderWay | undefined {
    const sequence = Atomics.load(this.#words, SEQUENCE);
    if (sequence % 2 === 0) return undefined;
    const call = { question: this.#words[QUESTION]!, index: this.#words[INDEX]!, start: this.#start[0]! };
    return Atomics.load(this.#words, SEQUENCE) === sequence ? call : undefined;
  }
}
