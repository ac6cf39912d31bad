/**
 * Standard output where somebody else reads it: journald, Docker, another program. What always holds: whoever does not
 * read costs lines of the log and nobody's mail, and is told how many lines when he reads again.
 */
import { fstatSync, writeSync } from 'node:fs';
import type { DestinationStream } from 'pino';

const STANDARD_OUTPUT = 1;
/** Bytes that are kept for a reader that is behind. What comes beyond them is lost, until he has read them all. */
const UNREAD = 8 * 1024 * 1024;
/** Milliseconds until a full pipe is tried again. */
const RETRY = 20;
/** Milliseconds for which the process, at its end, waits for a reader that takes nothing. */
const PATIENCE = 1000;

/** Whether standard output is a pipe or a socket, which can be full. */
export function isPiped(): boolean {
  const output = fstatSync(STANDARD_OUTPUT);
  return output.isFIFO() || output.isSocket();
}

export class PipedOutput implements DestinationStream {
  readonly #tellLost: (lines: number) => void;
  #pieces: Buffer[] = [];
  #length = 0;
  #lost = 0;
  #isEnding = false;

  /** `tellLost` is told how many lines were lost, once everything else has been read. */
  constructor(tellLost: (lines: number) => void) {
    this.#tellLost = tellLost;
    process.once('exit', () => {
      this.#isEnding = true;
      this.#takeLeave();
    });
  }

  write(text: string): void {
    const piece = Buffer.from(text);
    if (this.#lost > 0 || this.#length + piece.length > UNREAD) {
      this.#lost += text.split('\n').length - 1;
      return;
    }
    this.#pieces.push(piece);
    this.#length += piece.length;
    if (this.#isEnding) this.#takeLeave();
    else if (this.#pieces.length === 1) this.#empty();
  }

  /** Writes what the pipe takes, and the rest later. */
  #empty(): void {
    if (this.#writeAll()) this.#confess();
    else setTimeout(() => this.#empty(), RETRY).unref();
  }

  #confess(): void {
    const lost = this.#lost;
    this.#lost = 0;
    if (lost > 0) this.#tellLost(lost);
  }

  /** Writes what there is while somebody reads it. */
  #takeLeave(): void {
    let left = this.#length;
    let since = performance.now();
    while (!this.#writeAll() && performance.now() < since + PATIENCE) {
      if (this.#length < left) since = performance.now();
      left = this.#length;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY);
    }
  }

  /** A piece at a time: up to 4096 bytes go into a pipe whole or not at all. False: it is full. */
  #writeAll(): boolean {
    neverWait();
    let written = 0;
    try {
      for (; written < this.#pieces.length; written++) {
        const piece = this.#pieces[written]!;
        const length = writeSync(STANDARD_OUTPUT, piece);
        this.#length -= length;
        this.#pieces[written] = piece.subarray(length);
        if (length < piece.length) break;
      }
    } catch (error) {
      if (!isFull(error)) {
        // Nobody will read any more.
        written = this.#pieces.length;
        this.#length = 0;
      }
    }
    this.#pieces.splice(0, written);
    return this.#pieces.length === 0;
  }
}

/** What Node's stream of a pipe or a socket is made of; its types do not know of it. */
interface Handled {
  readonly _handle?: { setBlocking?(blocks: boolean): void };
}

/**
 * From here on a write to a full pipe fails with EAGAIN in place of waiting. Said anew before each write, for all who
 * have the same pipe share its mode: Node has every child's outputs wait (`uv__process_child_init` in libuv), and at its
 * end those of a process (`ResetStdio`). There is no documented way to do so again.
 */
function neverWait(): void {
  (process.stdout as Handled)._handle?.setBlocking?.(false);
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN';
}
