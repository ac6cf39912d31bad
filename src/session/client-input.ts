/**
 * The client's bytes and what is known of them: what the next ones are, and what has to come before they are read.
 * What always holds: while `waiting` is set no byte is read, for only what is waited for says what they are (P3).
 */
import {
  type FaultSegment,
  Framer,
  type LineSegment,
  type Segment,
  type Unfinished,
} from '../imap-parser-lite/index.ts';
import { nextCommand, type Reading, type Waiting } from './client-reading.ts';
import type { Conversation } from './conversation.ts';
import * as limits from './limits.ts';

export class ClientInput {
  readonly #conversation: Conversation;
  #framer: Framer = new Framer('client');
  /** The first line of a command, read and put back. */
  #postponed: LineSegment | undefined;
  /** Bytes of the literals that the command has announced so far, wherever they go (A5). */
  #literalBytes = 0;
  reading: Reading = nextCommand;
  waiting: Waiting | undefined = { for: 'greeting' };

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
  }

  /** Bytes that came and are not used yet. */
  get backlog(): number {
    return this.#framer.pending;
  }

  /** What the client has begun and could finish now: nothing of it waits for anybody else. */
  get unfinished(): Unfinished | undefined {
    return this.waiting === undefined ? this.#framer.unfinished : undefined;
  }

  push(bytes: Uint8Array): void {
    this.#framer.push(bytes);
  }

  /** A new stream, in which nothing of the old one is left (P15). */
  renew(): void {
    this.#framer = new Framer('client');
  }

  /** The next segment, or undefined until more bytes come. */
  next(): Segment | undefined {
    const postponed = this.#postponed;
    this.#postponed = undefined;
    return postponed ?? this.#read();
  }

  #read(): Segment | undefined {
    const { loggedIn, settings, transcript } = this.#conversation;
    const opaque = this.reading.kind === 'sasl' || this.reading.kind === 'done';
    if (opaque) this.#framer.longestLine = limits.saslLine;
    else this.#framer.longestLine = loggedIn ? undefined : settings.preLoginLine;
    const segment = this.#framer.next(opaque ? 'opaque' : 'message');
    if (segment) transcript?.client(segment, this.reading.kind, loggedIn);
    if (segment?.kind === 'line') this.#countLiteral(segment);
    return segment;
  }

  #countLiteral({ first, literal }: LineSegment): void {
    this.#literalBytes = (first ? 0 : this.#literalBytes) + (literal?.size ?? 0);
  }

  /** Whether the literals of the command, the one just announced included, are too large to be taken before login. */
  get literalsTooLarge(): boolean {
    const { loggedIn, settings } = this.#conversation;
    return !loggedIn && this.#literalBytes > settings.preLoginLiteral;
  }

  /** The command that `line` begins has to wait: it comes again. */
  postpone(line: LineSegment, waiting: Waiting): void {
    this.#postponed = line;
    this.waiting = waiting;
  }

  /** What comes next is a command, and waits for nobody. */
  expectCommand(): void {
    this.waiting = undefined;
    this.reading = nextCommand;
  }

  /** The literal that was announced never comes: what does is a command (P3, P12). */
  abandonLiteral(): void {
    this.#framer.abandonMessage();
  }

  /** Nothing can be read any longer, and the session ends. */
  failed({ fault: { code, message } }: FaultSegment): void {
    const end = code === 'line-too-long' ? 'client-limit' : 'client-unframeable';
    const cause = { code: end, message: `the client's bytes cannot be read: ${message}` } as const;
    this.#conversation.end(cause, message);
  }
}
