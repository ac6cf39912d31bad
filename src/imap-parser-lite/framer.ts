/**
 * Where a message begins and ends: the security boundary of the product, and the only place that decides it.
 * Bytes go in as they arrive, segments come out, and the segments' bytes joined are always the bytes that went
 * in. Nothing here answers, guesses or throws; after a fault there is nothing more to be had.
 *
 * The reader pulls: it asks for the next segment only when it knows what the next bytes are. That is how a
 * refused literal (the worst desync there is) stays a command and never becomes data.
 */
import {
  BACKSLASH,
  CLOSE_BRACKET,
  CLOSE_PARENTHESIS,
  CR,
  concat,
  DEL,
  isAtomByte,
  LF,
  NO_BYTES,
  OPEN_BRACE,
  OPEN_PARENTHESIS,
  QUOTE,
  SPACE,
  TILDE,
} from './bytes.ts';
import { announcesLiterals as commandAnnouncesLiterals } from './command.ts';
import { endOfMarked, endOfRun, type LineMarks, type LineTest, mayAnnounce } from './complete-lines.ts';
import { type WireFaultCode, wireFault } from './errors.ts';
import * as limits from './limits.ts';
import { readLiteralMark } from './literal.ts';
import { announcesLiterals as responseAnnouncesLiterals } from './response.ts';
import type { FaultSegment, LineSegment, LiteralSegment, Segment, Unfinished } from './segment.ts';

/** Whose bytes these are: clients send commands, servers send responses. */
export type Sender = 'client' | 'server';

/** Bytes that need a look; all others of a line are passed over. */
const special: Uint8Array = new Uint8Array(256);
for (const byte of [0, CR, LF, QUOTE, BACKSLASH, OPEN_BRACE, DEL]) special[byte] = 1;

/** What the byte before decides about the byte that comes, where the two may be in different chunks. */
type Before = 'nothing' | 'carriage-return' | 'backslash' | 'closing-quote';

export class Framer {
  readonly #sender: Sender;
  /** The chunk that is read, from `#at` on. There is seldom another one: an array for it alone would be made anew each time. */
  #chunk: Uint8Array | undefined;
  #at = 0;
  /** Chunks that follow it; undefined until there was one. */
  #further: Uint8Array[] | undefined;
  /** What the last of them lies in, if it was put together from small ones. */
  #block: Uint8Array | undefined;
  #unread = 0;
  /** The beginning of a line whose end has not come. Copied, so that no chunk is kept alive for a few bytes. */
  #held: Uint8Array = NO_BYTES;
  #heldLength = 0;

  #literalLeft: number | undefined;
  #first = true;
  #announces = false;
  #partsSent = false;
  #fault: FaultSegment | undefined;

  #inQuotes = false;
  #oddQuotes = false;
  /** Braces of a client's line at which a server could see a literal begin. */
  #braces = 0;
  #before: Before = 'nothing';
  #lastByte = SPACE;
  #finished = 0;

  /** A line longer than this many bytes is a fault. Undefined: none is, it goes on in parts. */
  longestLine: number | undefined;

  constructor(sender: Sender) {
    this.#sender = sender;
  }

  /** Takes a chunk, of any length, which must not be changed afterwards. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#unread += chunk.length;
    if (this.#chunk === undefined) {
      this.#chunk = chunk;
      return;
    }
    this.#further ??= [];
    if (chunk.length >= limits.block / 4) this.#further.push(chunk);
    else this.#gather(chunk, this.#further);
  }

  /**
   * Puts a small chunk into a block behind others that wait. Each chunk is an object of a hundred bytes and more, and
   * `shift` is slow with many of them: TLS records of one byte, of which 64 KiB wait for a login, would cost 40 MB, and
   * hold everybody up for a second and a half (A5).
   */
  #gather(chunk: Uint8Array, further: Uint8Array[]): void {
    const last = further.at(-1);
    const block = this.#block;
    const isOpen = block !== undefined && last?.buffer === block.buffer;
    if (isOpen && last.length + chunk.length <= block.length) {
      block.set(chunk, last.length);
      further[further.length - 1] = block.subarray(0, last.length + chunk.length);
      return;
    }
    this.#block = new Uint8Array(limits.block);
    this.#block.set(chunk);
    further.push(this.#block.subarray(0, chunk.length));
  }

  /** Bytes that were pushed and not handed out. */
  get pending(): number {
    return this.#unread + this.#heldLength;
  }

  /** Whether the next byte begins a message: nothing is half read. */
  get atBoundary(): boolean {
    return this.#first && this.#literalLeft === undefined && this.#heldLength === 0 && !this.#partsSent;
  }

  /** Whether the next byte belongs to a literal. */
  get inLiteral(): boolean {
    return (this.#literalLeft ?? 0) > 0;
  }

  /** What is half read; to be asked when `next` gave undefined. */
  get unfinished(): Unfinished | undefined {
    const number = this.#finished;
    if (this.#literalLeft !== undefined) return { kind: 'literal', number };
    return this.#heldLength > 0 || this.#partsSent ? { kind: 'line', number } : undefined;
  }

  /**
   * The next segment, or undefined until more bytes come. `opaque` reads a line that is not a command: a SASL
   * response or DONE (RFC 9051 §6.2.2, §6.3.13), in which no quote and no brace means anything.
   */
  next(reading: 'message' | 'opaque' = 'message'): Segment | undefined {
    if (this.#fault) return this.#fault;
    if (this.#literalLeft !== undefined) return this.#nextOfLiteral(this.#literalLeft);
    return this.#nextLine(reading);
  }

  /**
   * Complete responses at the front of what was pushed, as one piece, as long as each `isPart`; undefined: none. A
   * line that may announce a literal never is one of them.
   */
  nextRun(isPart: LineTest): Uint8Array | undefined {
    const chunk = this.#chunk;
    if (chunk === undefined || !this.atBoundary) return undefined;
    const start = this.#at;
    const end = endOfRun(chunk, start, isPart);
    if (end === start) return undefined;
    this.#consumeTo(end);
    this.#finished++;
    return chunk.subarray(start, end);
  }

  /**
   * How many bytes at the front of `bytes`, which come next and are not pushed, are the inside of a literal, or
   * complete responses that are `marked`. They count as framed; what follows them is for `push`. 0 while something
   * pushed is pending.
   */
  skip(bytes: Uint8Array, marked: LineMarks): number {
    if (this.pending > 0 || this.#fault !== undefined) return 0;
    const left = this.#literalLeft;
    if (left === undefined) {
      if (!this.atBoundary) return 0;
      const end = endOfMarked(bytes, marked);
      if (end > 0) this.#finished++;
      return end;
    }
    const length = Math.min(left, bytes.length);
    this.#literalLeft = length === left ? undefined : left - length;
    if (length === left) this.#finished++;
    return length;
  }

  /** The server refused the literal that the last line announced (P3): the next bytes are a new command. */
  abandonMessage(): void {
    this.#literalLeft = undefined;
    this.#first = true;
  }

  #nextOfLiteral(left: number): LiteralSegment | undefined {
    if (left === 0) {
      this.#literalLeft = undefined;
      return { kind: 'literal', bytes: NO_BYTES, complete: true };
    }
    const chunk = this.#chunk;
    if (chunk === undefined) return undefined;
    const end = Math.min(chunk.length, this.#at + left);
    const bytes = chunk.subarray(this.#at, end);
    this.#consumeTo(end);
    const complete = bytes.length === left;
    this.#literalLeft = complete ? undefined : left - bytes.length;
    if (complete) this.#finished++;
    return { kind: 'literal', bytes, complete };
  }

  #nextLine(reading: 'message' | 'opaque'): Segment | undefined {
    for (;;) {
      const chunk = this.#chunk;
      if (chunk === undefined) return undefined;
      const start = this.#at;
      const end = this.#scan(chunk, start);
      if (typeof end === 'string') return this.#fail(end);
      if (end > 0) {
        if (this.#isTooLong(this.#heldLength + end - start)) return this.#fail('line-too-long');
        const isWhole = start === 0 && end === chunk.length;
        const piece = isWhole ? chunk : chunk.subarray(start, end);
        const bytes = this.#heldLength === 0 ? piece : this.#takeHeld(piece);
        this.#consumeTo(end);
        return this.#completeLine(bytes, reading);
      }
      this.#hold(chunk.subarray(start));
      this.#lastByte = chunk[chunk.length - 1]!;
      this.#consumeTo(chunk.length);
      if (this.#isTooLong(this.#heldLength)) return this.#fail('line-too-long');
      if (this.#heldLength >= limits.heldLine) return this.#partOfLine();
    }
  }

  #isTooLong(length: number): boolean {
    return this.longestLine !== undefined && length > this.longestLine;
  }

  /** Looks through `chunk` from `start`: the index behind the line's LF, 0 where it has none, or a fault. */
  #scan(chunk: Uint8Array, start: number): number | WireFaultCode {
    const fromClient = this.#sender === 'client';
    let at = start;
    while (at < chunk.length) {
      const byte = chunk[at]!;
      if (special[byte] === 0 && this.#before === 'nothing') {
        at++;
        continue;
      }
      if (this.#before !== 'nothing') {
        if (this.#before === 'carriage-return' && byte !== LF && fromClient) return 'bare-carriage-return';
        if (this.#before === 'closing-quote' && !mayFollowQuoted(byte)) this.#oddQuotes = true;
        const escaped = this.#before === 'backslash';
        this.#before = 'nothing';
        if (escaped) {
          if (byte === QUOTE || byte === BACKSLASH) {
            at++;
            continue;
          }
          this.#oddQuotes = true;
        }
      }
      switch (byte) {
        case LF:
          return at + 1;
        case CR:
          this.#before = 'carriage-return';
          break;
        case QUOTE:
          if (this.#inQuotes) {
            this.#inQuotes = false;
            this.#before = 'closing-quote';
          } else {
            const previous = at > start ? chunk[at - 1] : this.#lastByte;
            if (previous !== SPACE && previous !== OPEN_PARENTHESIS) this.#oddQuotes = true;
            this.#inQuotes = true;
          }
          break;
        case BACKSLASH:
          if (this.#inQuotes) this.#before = 'backslash';
          break;
        case OPEN_BRACE:
          if (fromClient && this.#mayBeginLiteral(at > start ? chunk[at - 1]! : this.#lastByte))
            this.#braces++;
          break;
        case 0:
          if (fromClient) return 'nul-outside-literal';
          break;
        case DEL:
          if (fromClient && !this.#inQuotes) return 'delete-outside-quotes';
          break;
        default:
      }
      at++;
    }
    return 0;
  }

  #completeLine(bytes: Uint8Array, reading: 'message' | 'opaque'): Segment {
    const first = this.#first && !this.#partsSent;
    // The grammar has to be asked of few lines: nearly all end in no mark.
    const isCandidate = reading === 'message' && (this.#braces > 0 || mayAnnounce(bytes, bytes.length));
    if (first) this.#announces = isCandidate && this.#announcesLiterals(bytes);
    const mark = this.#announces ? readLiteralMark(bytes) : undefined;
    if (mark !== undefined) {
      if ('code' in mark) return this.#fail(mark.code);
      if (this.#inQuotes || this.#oddQuotes) return this.#fail('literal-ambiguous');
      if (this.#sender === 'server' && !mark.synchronising)
        return this.#fail('literal-from-server-not-synchronising');
    }
    if (this.#announces && this.#braces > (mark === undefined ? 0 : 1))
      return this.#fail('literal-misplaced');
    // Of a first line, whoever reads it can say so in an answer, unless it may come in parts.
    const isAnswerable = first && bytes.length <= limits.heldLine;
    if (this.#sender === 'client' && reading === 'message' && this.#inQuotes && !isAnswerable)
      return this.#fail('quotes-not-closed');
    this.#finished++;
    this.#literalLeft = mark?.size;
    this.#first = mark === undefined;
    this.#partsSent = false;
    this.#inQuotes = false;
    this.#oddQuotes = false;
    this.#braces = 0;
    this.#before = 'nothing';
    this.#lastByte = SPACE;
    return { kind: 'line', bytes, first, complete: true, literal: mark };
  }

  /**
   * Whether a server could take a `{` behind this byte for the beginning of a literal. Dovecot does behind a closing
   * quote, a parenthesis and another literal, and in the middle of a line; in an atom no server does.
   */
  #mayBeginLiteral(previous: number): boolean {
    return this.#oddQuotes || !(this.#inQuotes || (isAtomByte(previous) && previous !== TILDE));
  }

  /** Most of a line too long to hold, its end kept back. */
  #partOfLine(): LineSegment {
    const first = this.#first && !this.#partsSent;
    const length = this.#heldLength - limits.keptBack;
    const bytes = this.#held.slice(0, length);
    if (first) this.#announces = this.#announcesLiterals(bytes);
    this.#held.copyWithin(0, length, this.#heldLength);
    this.#heldLength = limits.keptBack;
    this.#partsSent = true;
    return { kind: 'line', bytes, first, complete: false, literal: undefined };
  }

  #announcesLiterals(line: Uint8Array): boolean {
    return this.#sender === 'client' ? commandAnnouncesLiterals(line) : responseAnnouncesLiterals(line);
  }

  #fail(code: WireFaultCode): FaultSegment {
    this.#fault = { kind: 'fault', fault: wireFault(code) };
    this.#chunk = undefined;
    this.#further = undefined;
    this.#block = undefined;
    this.#held = NO_BYTES;
    this.#heldLength = 0;
    this.#unread = 0;
    return this.#fault;
  }

  #consumeTo(end: number): void {
    this.#unread -= end - this.#at;
    this.#at = end;
    if (end === this.#chunk!.length) {
      this.#chunk = this.#further?.shift();
      this.#at = 0;
      // At rest nothing is held of it, and what is read is not written to.
      if (this.#block !== undefined && !this.#further?.length) this.#block = undefined;
    }
  }

  #hold(piece: Uint8Array): void {
    const length = this.#heldLength + piece.length;
    if (length > this.#held.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.#held.length, 256));
      grown.set(this.#held.subarray(0, this.#heldLength));
      this.#held = grown;
    }
    this.#held.set(piece, this.#heldLength);
    this.#heldLength = length;
  }

  #takeHeld(rest: Uint8Array): Uint8Array {
    const line = concat([this.#held.subarray(0, this.#heldLength), rest]);
    this.#held = NO_BYTES;
    this.#heldLength = 0;
    return line;
  }
}

function mayFollowQuoted(byte: number): boolean {
  return byte === SPACE || byte === CLOSE_PARENTHESIS || byte === CLOSE_BRACKET || byte === CR || byte === LF;
}
