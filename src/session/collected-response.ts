/** A response that was found worth a look: held until it is whole. */
import {
  concat,
  type LineSegment,
  type LiteralSegment,
  type ResponseHead,
} from '../imap-parser-lite/index.ts';
import * as limits from './limits.ts';

export class CollectedResponse {
  readonly head: ResponseHead;
  readonly #parts: Uint8Array[] = [];
  #bytes = 0;

  constructor(head: ResponseHead) {
    this.head = head;
  }

  /** Adds a piece; gives the response when it is whole, and `too-large` where it is not to be held. */
  add(segment: LineSegment | LiteralSegment): Uint8Array | 'too-large' | undefined {
    this.#bytes += segment.bytes.length;
    if (this.#bytes > limits.collectedResponse) return 'too-large';
    const ends = segment.kind === 'line' && segment.complete && segment.literal === undefined;
    // Nearly all of them are one line.
    if (ends && this.#parts.length === 0) return segment.bytes;
    this.#parts.push(segment.bytes);
    return ends ? concat(this.#parts) : undefined;
  }
}
