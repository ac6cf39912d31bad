/**
 * Complete lines at the front of some bytes, taken many at a time: where they end. What always holds: a line that may
 * announce a literal is none of them.
 */
import { ASTERISK, CLOSE_BRACE, CR, LF, SPACE } from './bytes.ts';

/** Says of the line from `start` to `end` (behind its LF) of `bytes` whether it may be one of many in a piece. */
export type LineTest = (bytes: Uint8Array, start: number, end: number) => boolean;

/**
 * The same, by one byte: a line that begins with `* ` and a byte that has a 1 here, at its place of 256. A table and
 * no function, for this is asked of every line of the longest answers there are.
 */
export type LineMarks = Uint8Array;

/** The end of the whole lines from `start` that pass the test. */
export function endOfRun(bytes: Uint8Array, start: number, isPart: LineTest): number {
  let end = start;
  for (;;) {
    const behind = bytes.indexOf(LF, end) + 1;
    if (behind === 0 || mayAnnounce(bytes, behind) || !isPart(bytes, end, behind)) return end;
    end = behind;
  }
}

/** The end of the whole lines at the front that are marked. */
export function endOfMarked(bytes: Uint8Array, marked: LineMarks): number {
  let end = 0;
  while (bytes[end] === ASTERISK && bytes[end + 1] === SPACE && marked[bytes[end + 2]!] === 1) {
    const behind = bytes.indexOf(LF, end) + 1;
    if (behind === 0 || mayAnnounce(bytes, behind)) return end;
    end = behind;
  }
  return end;
}

/** Whether the line that ends before `behind` ends in what may be a literal's mark. */
export function mayAnnounce(bytes: Uint8Array, behind: number): boolean {
  return bytes[bytes[behind - 2] === CR ? behind - 3 : behind - 2] === CLOSE_BRACE;
}
