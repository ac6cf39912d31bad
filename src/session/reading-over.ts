/**
 * What belongs to a command that does not go up: it is read to its end and dropped. What always holds: the answer is
 * said at that end and not before, and a literal that the client waits to send is never asked for (P12).
 */
import type { LineSegment, LiteralSegment } from '../imap-parser-lite/index.ts';
import type { ClientInput } from './client-input.ts';
import { nextCommand } from './client-reading.ts';
import type { Conversation } from './conversation.ts';

export class ReadingOver {
  readonly #conversation: Conversation;
  readonly #input: ClientInput;

  constructor(conversation: Conversation, input: ClientInput) {
    this.#conversation = conversation;
    this.#input = input;
  }

  /** A command, from its first line on; `reply` is the answer, with its tag. */
  begin(line: LineSegment, reply: string): void {
    this.#input.reading = { kind: 'discard', reply };
    this.read(line, reply);
  }

  read(segment: LineSegment | LiteralSegment, reply: string | undefined): void {
    if (segment.kind === 'literal' || !segment.complete) return;
    const { literal } = segment;
    if (literal !== undefined && !literal.synchronising) {
      // Cumulative, or a command that is refused could bring as many as it likes (A5).
      if (this.#input.literalsTooLarge) {
        const message = 'the literals of one command are too large before login';
        this.#conversation.end({ code: 'client-limit', message }, message);
      }
      return;
    }
    // A synchronising literal of a refused command never comes: the client sees the answer instead of `+` (P12).
    if (literal !== undefined) this.#input.abandonLiteral();
    this.#input.reading = nextCommand;
    if (reply !== undefined) this.#conversation.reply(reply);
  }
}
