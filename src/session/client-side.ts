/**
 * From the client: which command is this, may it pass, does it hold what follows?
 *
 * Must live here: the client's framer and what its next bytes are. Must not: anything about responses.
 * What always holds: while `#waiting` is set, no byte of the client is read, for only the server's answer says
 * whether the next bytes are data or a command (P3).
 */
import {
  asSynchronising,
  type CommandHead,
  CR,
  concat,
  Framer,
  fromLatin1,
  LF,
  type LineSegment,
  type Literal,
  type LiteralSegment,
  latin1,
  NO_BYTES,
  OPEN_BRACE,
  quoted,
  readCommandHead,
  readTag,
  type Segment,
  TILDE,
  type Unfinished,
} from '../imap-parser-lite/index.ts';
import type { Reading, Waiting } from './client-reading.ts';
import type { Conversation } from './conversation.ts';
import { CurrentCommand, inFlightOf } from './current-command.ts';
import type { Enforcement } from './enforcement.ts';
import { Gate } from './gate.ts';
import type { CommandInFlight } from './in-flight.ts';
import * as limits from './limits.ts';

const command: Reading = { kind: 'command' };

export class ClientSide {
  readonly #conversation: Conversation;
  readonly #enforcement: Enforcement | undefined;
  readonly #gate: Gate;
  #framer: Framer = new Framer('client');
  #reading: Reading = command;
  #waiting: Waiting | undefined = { for: 'greeting' };
  #postponed: LineSegment | undefined;
  #current: CurrentCommand | undefined;
  #badCommands = 0;
  /** Bytes of the literals of the command that is being read over. */
  #discarded = 0;

  constructor(conversation: Conversation, enforcement: Enforcement | undefined) {
    this.#conversation = conversation;
    this.#enforcement = enforcement;
    this.#gate = new Gate(conversation, enforcement);
  }

  /** Bytes that came and are not used yet. */
  get backlog(): number {
    return this.#framer.pending;
  }

  /** No command is half read, and nothing that was sent up is open but an IDLE. */
  get isIdle(): boolean {
    if (this.#waiting?.for === 'idle' || this.#reading.kind === 'done') return true;
    return (
      this.#waiting === undefined &&
      this.#reading.kind === 'command' &&
      this.#conversation.inFlight.size === 0
    );
  }

  /** What the client has begun and could finish now: nothing of it waits for anybody else. */
  get unfinished(): Unfinished | undefined {
    return this.#waiting === undefined ? this.#framer.unfinished : undefined;
  }

  receive(bytes: Uint8Array): void {
    this.#framer.push(bytes);
    if (this.#waiting?.for === 'quiet' || this.#waiting?.for === 'handshake') this.#injected();
    else this.pump();
  }

  greeted(): void {
    this.#waiting = undefined;
    this.pump();
  }

  /** TLS is up: a new stream, in which nothing of the old one is left (P15). */
  secured(): void {
    this.#framer = new Framer('client');
    this.#enforcement?.forget();
    if (this.#waiting?.for === 'handshake') this.#waiting = undefined;
    this.pump();
  }

  /** `+` from the server: for the client, for the proxy that asked in its stead, or for nobody. */
  continued(): 'for-the-client' | 'for-the-proxy' | 'unasked' {
    const waiting = this.#waiting;
    if (waiting?.for === 'literal') {
      this.#waiting = undefined;
      this.#reading = { kind: 'rest' };
      return waiting.converted ? 'for-the-proxy' : 'for-the-client';
    }
    if (waiting?.for === 'sasl' || waiting?.for === 'idle') {
      this.#waiting = undefined;
      this.#reading = { kind: waiting.for === 'sasl' ? 'sasl' : 'done' };
      return 'for-the-client';
    }
    // A server may say once more that it is idling; that changes nothing.
    return this.#reading.kind === 'done' ? 'for-the-client' : 'unasked';
  }

  /**
   * The server's tagged answer to `answer`; `word` is OK, NO or BAD, `code` its response code where a login failed.
   * Call `pump` once the answer is on its way.
   */
  answered(answer: CommandInFlight, word: string, code: string | undefined): void {
    const current = this.#current?.tag === answer.tag ? this.#current : undefined;
    if (current) current.answered = true;
    if (word === 'BAD' && answer.verb !== 'AUTHENTICATE') this.#countBadCommand();
    if (this.#conversation.loginAnswered(answer.verb, word, current, code)) this.#enforcement?.forget();

    const waiting = this.#waiting;
    const awaited =
      waiting !== undefined && 'tag' in waiting && waiting.for !== 'quiet' && waiting.tag === answer.tag;
    // Also when a SASL line or DONE was still to come: it is none any longer.
    const opaque = current !== undefined && (this.#reading.kind === 'sasl' || this.#reading.kind === 'done');
    if (!awaited && !opaque) return;
    this.#current = undefined;
    this.#waiting = undefined;
    this.#reading = command;
    if (!awaited || waiting.for !== 'literal') return;
    if (waiting.converted) this.#reading = { kind: 'discard', reply: undefined };
    else this.#framer.abandonMessage();
  }

  /** Reads on as far as it may. */
  pump(): void {
    const conversation = this.#conversation;
    if (this.#waiting?.for === 'room') this.#waiting = undefined;
    while (!conversation.ended) {
      if (this.#tooManyBadCommands()) return;
      if (this.#waiting?.for === 'quiet') this.#answerStartTls(this.#waiting.tag);
      if (this.#waiting?.for === 'knowledge' && this.#enforcement?.learn()) this.#waiting = undefined;
      if (this.#waiting !== undefined) return;
      if (conversation.draining && this.#reading.kind === 'command') return;
      const segment = this.#postponed ?? this.#nextSegment();
      this.#postponed = undefined;
      if (segment === undefined) return;
      this.#read(segment);
    }
  }

  #nextSegment(): Segment | undefined {
    const { loggedIn, settings } = this.#conversation;
    const opaque = this.#reading.kind === 'sasl' || this.#reading.kind === 'done';
    if (opaque) this.#framer.longestLine = limits.saslLine;
    else this.#framer.longestLine = loggedIn ? Number.POSITIVE_INFINITY : settings.preLoginLine;
    const segment = this.#framer.next(opaque ? 'opaque' : 'message');
    if (segment) this.#conversation.transcript?.client(segment, this.#reading.kind, loggedIn);
    return segment;
  }

  #read(segment: Segment): void {
    if (segment.kind === 'fault') {
      const { message } = segment.fault;
      const code = segment.fault.code === 'line-too-long' ? 'client-limit' : 'client-unframeable';
      this.#conversation.end({ code, message: `the client's bytes cannot be read: ${message}` }, message);
      return;
    }
    switch (this.#reading.kind) {
      case 'command':
        if (segment.kind === 'line') this.#begin(segment);
        return;
      case 'rest':
        if (segment.kind === 'line') this.#forwardLine(segment);
        else this.#forwardLiteral(segment);
        return;
      case 'discard':
        this.#discard(segment, this.#reading.reply);
        return;
      case 'taking':
        this.#take(segment, this.#reading);
        return;
      case 'sasl':
      case 'done':
        if (segment.kind === 'line') this.#forwardOpaque(segment, this.#reading.kind);
        return;
    }
  }

  #begin(line: LineSegment): void {
    const conversation = this.#conversation;
    if (!conversation.loggedIn && isHttpRequest(line.bytes)) {
      // Its next lines are whatever a web page wants them to be (ALPACA, A3).
      conversation.end({ code: 'client-not-imap', message: 'the client speaks HTTP' }, 'This is IMAP');
      return;
    }
    const head = readCommandHead(line.bytes);
    if (conversation.repliesFull || (head !== undefined && this.#mustWait(head, line.bytes))) {
      this.#postponed = line;
      this.#waiting = { for: 'room' };
      return;
    }
    if (head === undefined) {
      conversation.commands++;
      this.#refuse(line, `${readTag(line.bytes) ?? '*'} BAD Invalid command`);
      this.#countBadCommand();
      return;
    }
    const decision = this.#gate.decide(head, line);
    // Who has to learn something first comes again with the same command.
    if (decision.kind !== 'learn' && decision.kind !== 'take-literal') conversation.commands++;
    switch (decision.kind) {
      case 'send':
        this.#send(head, decision.line, decision.veil);
        return;
      case 'refuse':
        this.#refuse(line, `${head.tag} ${decision.reply}`);
        return;
      case 'starttls':
        this.#startTls(line, head);
        return;
      case 'learn':
        this.#postponed = line;
        this.#waiting = { for: 'knowledge' };
        return;
      case 'take-literal':
        this.#takeLiteral(line);
        return;
    }
  }

  /** Whether answers to this command could not be told from those to another one, or there are too many already. */
  #mustWait(head: CommandHead, line: Uint8Array): boolean {
    const { inFlight, names, settings } = this.#conversation;
    if (inFlight.has(head.tag) || this.#enforcement?.tag === head.tag) return true;
    if (inFlight.size >= limits.commandsInFlight) return true;
    return settings.hooks.list && inFlight.wouldMix(inFlightOf(head, line, names, undefined));
  }

  /** The command goes up, its first line at least. */
  #send(head: CommandHead, line: LineSegment, veil: Uint8Array | undefined): void {
    const conversation = this.#conversation;
    if (this.#literalTooLarge(line.literal, 0)) {
      if (line.literal?.synchronising) this.#refuse(line, `${head.tag} BAD Literal too large before login`);
      else this.#limitExceeded('a literal is too large before login');
      return;
    }
    this.#current = new CurrentCommand(head, line.bytes);
    conversation.inFlight.add(inFlightOf(head, line.bytes, conversation.names, veil));
    this.#forwardLine(line);
  }

  /** The proxy asks for the literal itself: only with it does it know what the command is about. */
  #takeLiteral({ bytes, literal }: LineSegment): void {
    if (literal?.synchronising) this.#conversation.reply('+ Ready for the rest');
    const mark = bytes.lastIndexOf(literal?.binary ? TILDE : OPEN_BRACE);
    this.#reading = { kind: 'taking', line: bytes.subarray(0, mark), literal: [] };
  }

  /** Puts the literal into the line and looks at the command again. */
  #take(
    segment: LineSegment | LiteralSegment,
    { line, literal }: Extract<Reading, { kind: 'taking' }>,
  ): void {
    if (segment.kind === 'literal') {
      this.#reading = { kind: 'taking', line, literal: [...literal, segment.bytes] };
      return;
    }
    // What cannot be quoted leaves a gap, in which nothing can be read: the command is refused for that.
    const written = quoted(concat(literal)) ?? NO_BYTES;
    this.#reading = command;
    this.#begin({ ...segment, bytes: concat([line, written, segment.bytes]), first: true });
  }

  #forwardLine(line: LineSegment): void {
    const conversation = this.#conversation;
    const { literal } = line;
    const current = this.#current!;
    if (!line.first && this.#enforcement?.forbidsRest(current.fullVerb, line)) {
      const message =
        'the client sent behind a literal what is hidden from it, where it can no longer be refused';
      conversation.end({ code: 'client-refused', message }, 'Unknown arguments');
      return;
    }
    if (literal === undefined) {
      conversation.toUpstream(withCrlf(line));
      this.#reading = { kind: 'rest' };
      if (line.complete) this.#messageEnds(current);
      return;
    }
    if (this.#literalTooLarge(literal, current.literalBytes)) {
      this.#limitExceeded('the literals of one command are too large before login');
      return;
    }
    if (current.answered) {
      // Whether the server still reads this command or takes the line for a new one, nobody can tell.
      const message =
        'the server answered a command in the middle of it, and the client went on with a literal';
      conversation.end({ code: 'upstream-unframeable', message }, 'The server answered too early');
      return;
    }
    current.literalBytes += literal.size;
    this.#reading = { kind: 'rest' };
    // Whether the server takes a literal, only the server knows: what it does not take for one, it runs as commands.
    // So it is asked every time, in the client's stead where the client does not wait (P4, decision 6).
    conversation.toUpstream(literal.synchronising ? withCrlf(line) : asSynchronising(withCrlf(line)));
    this.#waiting = { for: 'literal', tag: current.tag, converted: !literal.synchronising };
  }

  #forwardLiteral(segment: LiteralSegment): void {
    this.#current!.literal(segment);
    this.#conversation.toUpstream(segment.bytes);
  }

  /** The command is all there. Some of them decide what the next bytes are. */
  #messageEnds(current: CurrentCommand): void {
    this.#reading = command;
    if (current.answered) return;
    switch (current.verb) {
      case 'AUTHENTICATE':
        this.#waiting = { for: 'sasl', tag: current.tag };
        return;
      case 'IDLE':
        this.#waiting = { for: 'idle', tag: current.tag };
        return;
      case 'LOGIN':
      case 'UNAUTHENTICATE':
        this.#waiting = { for: 'answer', tag: current.tag };
        return;
      default:
        this.#current = undefined;
    }
  }

  #forwardOpaque(line: LineSegment, kind: 'sasl' | 'done'): void {
    const current = this.#current!;
    if (kind === 'sasl') current.saslMessage(line.bytes);
    this.#conversation.toUpstream(withCrlf(line));
    this.#waiting = kind === 'sasl' ? { for: 'sasl', tag: current.tag } : { for: 'answer', tag: current.tag };
  }

  /** Answers a command that does not go up, and reads over what belongs to it. */
  #refuse(line: LineSegment, reply: string): void {
    this.#reading = { kind: 'discard', reply };
    this.#discard(line, reply);
  }

  #discard(segment: LineSegment | LiteralSegment, reply: string | undefined): void {
    if (segment.kind === 'literal' || !segment.complete) return;
    const { literal } = segment;
    if (literal !== undefined && !literal.synchronising) {
      // Cumulative, or a command that is refused could bring as many as it likes (A5).
      if (this.#literalTooLarge(literal, this.#discarded))
        this.#limitExceeded('the literals of one command are too large before login');
      this.#discarded += literal.size;
      return;
    }
    this.#discarded = 0;
    // A synchronising literal of a refused command never comes: the client sees the answer instead of `+` (P12).
    if (literal !== undefined) this.#framer.abandonMessage();
    this.#reading = command;
    if (reply !== undefined) this.#conversation.reply(reply);
  }

  #startTls(line: LineSegment, head: CommandHead): void {
    const conversation = this.#conversation;
    if (head.arguments !== undefined || !conversation.capabilityView().offersStartTls) {
      this.#refuse(
        line,
        `${head.tag} BAD ${conversation.front === 'tls' ? 'TLS is already active' : 'STARTTLS is not possible now'}`,
      );
      return;
    }
    this.#waiting = { for: 'quiet', tag: head.tag };
    if (this.#framer.pending > 0) this.#injected();
  }

  /** The OK must be the last thing in the clear: nothing may be in flight when it is said. */
  #answerStartTls(tag: string): void {
    const conversation = this.#conversation;
    if (conversation.inFlight.size > 0 || conversation.responseOpen || conversation.questionOpen) return;
    conversation.reply(`${tag} OK Begin TLS negotiation now`);
    conversation.front = 'handshake';
    this.#waiting = { for: 'handshake' };
    conversation.effect({ kind: 'secure-client' });
  }

  /** Bytes behind STARTTLS would be read as commands after the handshake (CVE-2011-0411 and its family, P15). */
  #injected(): void {
    const message = 'the client sent bytes behind STARTTLS before the TLS handshake';
    this.#conversation.end({ code: 'client-spoke-before-tls', message }, 'Bytes behind STARTTLS');
  }

  /** After login nobody is sent away for them. */
  #countBadCommand(): void {
    if (!this.#conversation.loggedIn) this.#badCommands++;
  }

  /** Another protocol's client, or somebody trying (A3). */
  #tooManyBadCommands(): boolean {
    const conversation = this.#conversation;
    if (conversation.loggedIn || this.#badCommands < limits.badCommands) return false;
    const message = 'the client sent too many commands that are none';
    conversation.end({ code: 'too-many-bad-commands', message }, 'Too many invalid commands');
    return true;
  }

  #literalTooLarge(literal: Literal | undefined, before: number): boolean {
    const { loggedIn, settings } = this.#conversation;
    return literal !== undefined && !loggedIn && before + literal.size > settings.preLoginLiteral;
  }

  #limitExceeded(message: string): void {
    this.#conversation.end({ code: 'client-limit', message }, message);
  }
}

/** Whether a line is the first one of an HTTP request (RFC 9112 §3). */
function isHttpRequest(line: Uint8Array): boolean {
  return / HTTP\/\d\.\d\s*$/.test(latin1(line, Math.max(0, line.length - 12)));
}

const crlf = fromLatin1('\r\n');

/** A bare LF goes on as CRLF, so that the server has no other idea of where the line ends (P7). */
function withCrlf(line: LineSegment): Uint8Array {
  const { bytes, complete } = line;
  if (!complete || bytes.at(-1) !== LF || bytes.at(-2) === CR) return bytes;
  return concat([bytes.subarray(0, -1), crlf]);
}
