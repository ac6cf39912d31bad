/**
 * The command that goes up, piece by piece: what of it is still to come, and which answer that waits for.
 *
 * What always holds: behind a literal, AUTHENTICATE and IDLE nothing of the client is read until the server has
 * answered, for only its answer says whether the next bytes are data or a command (P3); and no SASL message that
 * shows a name goes up before the name may log in.
 */
import {
  asSynchronising,
  type CommandHead,
  CR,
  concat,
  endOfText,
  fromLatin1,
  LF,
  type LineSegment,
  type LiteralSegment,
  latin1,
} from '../imap-parser-lite/index.ts';
import type { ClientInput } from './client-input.ts';
import { nextCommand, restOfCommand } from './client-reading.ts';
import type { Conversation } from './conversation.ts';
import { CurrentCommand, inFlightOf } from './current-command.ts';
import type { Enforcement } from './enforcement.ts';
import type { CommandInFlight } from './in-flight.ts';
import { mayHoldLines } from './literal-content.ts';
import {
  asksAboutLogins,
  isCancellation,
  loginQuestion,
  type Named,
  refuseUnreadable,
  replyToLogin,
} from './login-question.ts';
import { mayBeMisread } from './misread-arguments.ts';

export class GoingUp {
  readonly #conversation: Conversation;
  readonly #input: ClientInput;
  readonly #enforcement: Enforcement | undefined;
  #current: CurrentCommand | undefined;
  /** Of the literal that goes up. */
  #mayHoldLines = false;

  constructor(conversation: Conversation, input: ClientInput, enforcement: Enforcement | undefined) {
    this.#conversation = conversation;
    this.#input = input;
    this.#enforcement = enforcement;
  }

  /** A command begins, with its first line at least. */
  begin(head: CommandHead, line: LineSegment, veil: Uint8Array | undefined): void {
    const conversation = this.#conversation;
    this.#current = new CurrentCommand(head, line.bytes);
    conversation.inFlight.add(inFlightOf(head, line.bytes, conversation.names, veil));
    this.line(line);
  }

  line(line: LineSegment): void {
    const conversation = this.#conversation;
    const { literal } = line;
    const current = this.#current!;
    if (!line.first && mayBeMisread(current.fullVerb, line, 0)) {
      const message = 'the client sent behind a literal arguments that cannot be read';
      conversation.end({ code: 'client-unframeable', message }, 'Arguments that cannot be read');
      return;
    }
    if (!line.first && this.#enforcement?.forbidsRest(current.fullVerb, line)) {
      const message =
        'the client sent behind a literal what is hidden from it, where it can no longer be refused';
      conversation.end({ code: 'client-refused', message }, 'Unknown arguments');
      return;
    }
    if (literal === undefined) {
      conversation.toUpstream(withCrlf(line));
      this.#input.reading = restOfCommand;
      if (line.complete) this.#ends(current);
      return;
    }
    if (this.#input.literalsTooLarge) {
      const message = 'the literals of one command are too large before login';
      conversation.end({ code: 'client-limit', message }, message);
      return;
    }
    if (current.answered) {
      // Whether the server still reads this command or takes the line for a new one, nobody can tell.
      const message =
        'the server answered a command in the middle of it, and the client went on with a literal';
      conversation.end({ code: 'upstream-unframeable', message }, 'The server answered too early');
      return;
    }
    this.#input.reading = restOfCommand;
    // Whether the server takes a literal, only the server knows: what it does not take for one, it runs as commands.
    // So it is asked every time, in the client's stead where the client does not wait (P4, decision 6).
    conversation.toUpstream(literal.synchronising ? withCrlf(line) : asSynchronising(withCrlf(line)));
    this.#input.waiting = { for: 'literal', tag: current.tag, converted: !literal.synchronising };
    this.#mayHoldLines = mayHoldLines(current.fullVerb, line.bytes);
  }

  literal(segment: LiteralSegment): void {
    if (!this.#mayHoldLines && segment.bytes.includes(LF)) {
      const message = 'the client sent a literal with a line end in it that is no message';
      this.#conversation.end(
        { code: 'client-refused', message },
        'A line end in a literal that is no message',
      );
      return;
    }
    this.#current!.literal(segment);
    this.#conversation.toUpstream(segment.bytes);
  }

  /** The end of IDLE. What is not DONE goes up as an empty line: a lenient server could run it as a command. */
  done(line: LineSegment): void {
    this.#conversation.toUpstream(isDone(line) ? withCrlf(line) : crlf);
    this.#input.waiting = { for: 'answer', tag: this.#current!.tag };
  }

  saslMessage(line: LineSegment): void {
    const current = this.#current!;
    const cancelled = isCancellation(line.bytes);
    if (!cancelled) current.saslMessage(line.bytes);
    const unasked = asksAboutLogins(this.#conversation) && current.showsNameNow;
    if (cancelled || !unasked) this.#sendSasl(current, line);
    else this.#askLogin(current, line);
  }

  #sendSasl(current: CurrentCommand, line: LineSegment): void {
    this.#conversation.toUpstream(withCrlf(line));
    this.#input.waiting = { for: 'sasl', tag: current.tag };
    this.#loginSent(current);
  }

  /** All of a login that has come has gone up. With a password in it, only the server's answer says that it is right. */
  #loginSent(current: CurrentCommand): void {
    if (!current.holdsSecret) return;
    current.secretSent = true;
    this.#conversation.unanswered = current;
  }

  /** The message is held back until its user may log in. */
  #askLogin(current: CurrentCommand, line: LineSegment): void {
    const conversation = this.#conversation;
    const { askable, mechanism } = current;
    if (askable === undefined) {
      this.#cancel(current, refuseUnreadable(conversation, mechanism));
      return;
    }
    const login: Named = { ...askable, mechanism };
    this.#input.waiting = { for: 'script' };
    conversation.ask('client', loginQuestion(conversation, login), (answer) => {
      if (current.answered) {
        // The server has ended the exchange itself, and the client has heard of it.
        this.#finished();
        return;
      }
      const reply = replyToLogin(conversation, login, answer);
      if (reply === undefined) this.#sendSasl(current, line);
      else this.#cancel(current, reply);
    });
  }

  /** Ends the exchange at the server, whose answer the client gets as `reply`. */
  #cancel({ tag }: CurrentCommand, reply: string): void {
    this.#conversation.inFlight.replaceAnswer(tag, reply);
    this.#conversation.toUpstream(fromLatin1('*\r\n'));
    this.#input.waiting = { for: 'answer', tag };
  }

  /** The command is all there. Some of them decide what the next bytes are. */
  #ends(current: CurrentCommand): void {
    const input = this.#input;
    input.reading = nextCommand;
    if (current.answered) return;
    this.#loginSent(current);
    switch (current.verb) {
      case 'AUTHENTICATE':
        input.waiting = { for: 'sasl', tag: current.tag };
        return;
      case 'IDLE':
        input.waiting = { for: 'idle', tag: current.tag };
        return;
      case 'LOGIN':
      case 'UNAUTHENTICATE':
        input.waiting = { for: 'answer', tag: current.tag };
        return;
      default:
        this.#current = undefined;
    }
  }

  /** `+` from the server: for the client, for the proxy that asked in its stead, or for nobody. */
  continued(): 'for-the-client' | 'for-the-proxy' | 'unasked' {
    const input = this.#input;
    const { waiting } = input;
    if (waiting?.for === 'literal') {
      input.waiting = undefined;
      input.reading = restOfCommand;
      return waiting.converted ? 'for-the-proxy' : 'for-the-client';
    }
    if (waiting?.for === 'sasl' || waiting?.for === 'idle') {
      input.waiting = undefined;
      input.reading = { kind: waiting.for === 'sasl' ? 'sasl' : 'done' };
      return 'for-the-client';
    }
    // A server may say once more that it is idling; that changes nothing.
    return input.reading.kind === 'done' ? 'for-the-client' : 'unasked';
  }

  /** The server's tagged answer to `answer`. Gives the command, where it is this one. */
  answered(answer: CommandInFlight): CurrentCommand | undefined {
    const input = this.#input;
    const { waiting } = input;
    const current = this.#current?.tag === answer.tag ? this.#current : undefined;
    if (current) current.answered = true;
    // A SASL message is held back: what becomes of it is decided with the script's answer.
    if (waiting?.for === 'script') return current;
    const awaited =
      waiting !== undefined && 'tag' in waiting && waiting.for !== 'quiet' && waiting.tag === answer.tag;
    // Also when a SASL line or DONE was still to come: it is none any longer.
    const opaque = current !== undefined && (input.reading.kind === 'sasl' || input.reading.kind === 'done');
    if (!awaited && !opaque) return current;
    this.#finished();
    if (awaited && waiting.for === 'literal') {
      if (waiting.converted) input.reading = { kind: 'discard', reply: undefined };
      else input.abandonLiteral();
    }
    return current;
  }

  #finished(): void {
    this.#current = undefined;
    this.#input.expectCommand();
  }
}

const crlf = fromLatin1('\r\n');

function isDone({ bytes, complete }: LineSegment): boolean {
  return complete && /^DONE$/i.test(latin1(bytes, 0, endOfText(bytes)));
}

/** A bare LF goes on as CRLF, so that the server has no other idea of where the line ends (P7). */
function withCrlf(line: LineSegment): Uint8Array {
  const { bytes, complete } = line;
  const end = bytes.length;
  if (!complete || bytes[end - 1] !== LF || bytes[end - 2] === CR) return bytes;
  return concat([bytes.subarray(0, -1), crlf]);
}
