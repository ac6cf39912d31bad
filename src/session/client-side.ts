/**
 * From the client: which command is this, may it pass, and who takes what follows?
 *
 * Must live here: where each piece of the client's goes. Must not: anything about responses. What always holds: of
 * a command that is judged nothing has gone up, and while a script decides about it nothing else is read.
 */
import {
  type CommandHead,
  type LineSegment,
  type Literal,
  type LiteralSegment,
  latin1,
  readCommandHead,
  readTag,
  type Segment,
  type Unfinished,
} from '../imap-parser-lite/index.ts';
import { ClientInput } from './client-input.ts';
import { nextCommand } from './client-reading.ts';
import type { Conversation } from './conversation.ts';
import { inFlightOf } from './current-command.ts';
import type { Decision } from './decision.ts';
import type { Enforcement } from './enforcement.ts';
import { Gate } from './gate.ts';
import { GoingUp } from './going-up.ts';
import type { CommandInFlight } from './in-flight.ts';
import * as limits from './limits.ts';
import { ReadingOver } from './reading-over.ts';
import { roomFor, type TakenLiteral, withPart, withTaken } from './taken-literal.ts';

export class ClientSide {
  readonly #conversation: Conversation;
  readonly #enforcement: Enforcement | undefined;
  readonly #gate: Gate;
  readonly #input: ClientInput;
  readonly #goingUp: GoingUp;
  readonly #readingOver: ReadingOver;
  #badCommands = 0;

  constructor(conversation: Conversation, enforcement: Enforcement | undefined) {
    this.#conversation = conversation;
    this.#enforcement = enforcement;
    this.#gate = new Gate(conversation, enforcement);
    this.#input = new ClientInput(conversation);
    this.#goingUp = new GoingUp(conversation, this.#input, enforcement);
    this.#readingOver = new ReadingOver(conversation, this.#input);
  }

  /** Bytes that came and are not used yet. */
  get backlog(): number {
    return this.#input.backlog;
  }

  /** No command is half read, and nothing that was sent up is open but an IDLE. */
  get isIdle(): boolean {
    const { waiting, reading } = this.#input;
    if (waiting?.for === 'idle' || reading.kind === 'done') return true;
    return waiting === undefined && reading.kind === 'command' && this.#conversation.inFlight.size === 0;
  }

  /** What the client has begun and could finish now: nothing of it waits for anybody else. */
  get unfinished(): Unfinished | undefined {
    return this.#input.unfinished;
  }

  receive(bytes: Uint8Array): void {
    const { waiting } = this.#input;
    this.#input.push(bytes);
    if (waiting?.for === 'quiet' || waiting?.for === 'handshake') this.#injected();
    else this.pump();
  }

  greeted(): void {
    this.#input.waiting = undefined;
    this.pump();
  }

  /** TLS is up: a new stream, in which nothing of the old one is left (P15). */
  secured(): void {
    this.#input.renew();
    this.#enforcement?.forget();
    if (this.#input.waiting?.for === 'handshake') this.#input.waiting = undefined;
    this.pump();
  }

  /** `+` from the server: for the client, for the proxy that asked in its stead, or for nobody. */
  continued(): 'for-the-client' | 'for-the-proxy' | 'unasked' {
    return this.#goingUp.continued();
  }

  /**
   * The server's tagged answer to `answer`; `word` is OK, NO or BAD, `code` its response code where a login failed.
   * Call `pump` once the answer is on its way.
   */
  answered(answer: CommandInFlight, word: string, code: string | undefined): void {
    const current = this.#goingUp.answered(answer);
    // What the proxy has refused itself, the server has not.
    if (answer.replacement !== undefined) return;
    if (word === 'BAD' && answer.verb !== 'AUTHENTICATE') this.#countBadCommand();
    if (this.#conversation.loginAnswered(answer.verb, word, current, code)) this.#enforcement?.forget();
  }

  /** Reads on as far as it may. */
  pump(): void {
    const conversation = this.#conversation;
    const input = this.#input;
    if (input.waiting?.for === 'room') input.waiting = undefined;
    while (!conversation.ended) {
      if (this.#tooManyBadCommands()) return;
      if (input.waiting?.for === 'quiet') this.#answerStartTls(input.waiting.tag);
      if (input.waiting?.for === 'knowledge' && this.#enforcement?.learn()) input.waiting = undefined;
      if (input.waiting !== undefined) return;
      if (conversation.draining && input.reading.kind === 'command') return;
      const segment = input.next();
      if (segment === undefined) return;
      this.#read(segment);
    }
  }

  #read(segment: Segment): void {
    if (segment.kind === 'fault') {
      this.#input.failed(segment);
      return;
    }
    const { reading } = this.#input;
    switch (reading.kind) {
      case 'command':
        if (segment.kind === 'line') this.#begin(segment);
        return;
      case 'rest':
        if (segment.kind === 'line') this.#goingUp.line(segment);
        else this.#goingUp.literal(segment);
        return;
      case 'discard':
        this.#readingOver.read(segment, reading.reply);
        return;
      case 'taking':
        this.#take(segment, reading.taken);
        return;
      case 'sasl':
        if (segment.kind === 'line') this.#goingUp.saslMessage(segment);
        return;
      case 'done':
        if (segment.kind === 'line') this.#goingUp.done(segment);
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
    if (conversation.repliesFull || (head !== undefined && this.#mustWait(head, line))) {
      this.#input.postpone(line, { for: 'room' });
      return;
    }
    if (head === undefined) {
      conversation.commands++;
      this.#readingOver.begin(line, `${readTag(line.bytes) ?? '*'} BAD Invalid command`);
      this.#countBadCommand();
      return;
    }
    this.#carryOut(this.#gate.decide(head, line), head, line);
  }

  #carryOut(decision: Decision, head: CommandHead, line: LineSegment): void {
    switch (decision.kind) {
      case 'send':
        this.#conversation.commands++;
        this.#send(head, decision.line, decision.veil);
        return;
      case 'refuse':
        this.#conversation.commands++;
        this.#conversation.commandsRefused++;
        this.#readingOver.begin(line, `${head.tag} ${decision.reply}`);
        return;
      case 'starttls':
        this.#conversation.commands++;
        this.#startTls(line, head);
        return;
      case 'ask':
        this.#input.waiting = { for: 'script' };
        this.#conversation.ask('client', decision.question, (answer) => {
          this.#input.waiting = undefined;
          this.#carryOut(decision.decide(answer), head, line);
        });
        return;
      // Who has to learn something first comes again with the same command.
      case 'learn':
        this.#input.postpone(line, { for: 'knowledge' });
        return;
      case 'take-literal':
        this.#takeLiteral(head, line, decision.literal);
        return;
    }
  }

  /** Whether answers to this command could not be told from those to another one, or there are too many already. */
  #mustWait(head: CommandHead, line: LineSegment): boolean {
    const { inFlight, names, settings } = this.#conversation;
    if (inFlight.size > 0 && mayBeContinued(head, line)) return true;
    if (inFlight.has(head.tag) || this.#enforcement?.tag === head.tag) return true;
    if (inFlight.size >= limits.commandsInFlight) return true;
    return settings.hooks.defines.list && inFlight.wouldMix(inFlightOf(head, line.bytes, names, undefined));
  }

  /** The command goes up, its first line at least. */
  #send(head: CommandHead, line: LineSegment, veil: Uint8Array | undefined): void {
    if (line.literal !== undefined && this.#input.literalsTooLarge)
      this.#refuseLiteral(head, line, line.literal);
    else this.#goingUp.begin(head, line, veil);
  }

  /** Before login a literal would be too large, with those before it. */
  #refuseLiteral(head: CommandHead, line: LineSegment, { synchronising }: Literal): void {
    const message = 'a literal is too large before login';
    if (synchronising) this.#readingOver.begin(line, `${head.tag} BAD Literal too large before login`);
    else this.#conversation.end({ code: 'client-limit', message }, message);
  }

  /** The proxy asks for the literal itself: only with it does it know what the command is about. */
  #takeLiteral(head: CommandHead, line: LineSegment, literal: Literal): void {
    if (this.#input.literalsTooLarge) {
      this.#conversation.commands++;
      this.#refuseLiteral(head, line, literal);
      return;
    }
    if (literal.synchronising) this.#conversation.reply('+ Ready for the rest');
    this.#input.reading = { kind: 'taking', taken: roomFor(literal, line) };
  }

  /** Puts the literal into the line and looks at the command again. */
  #take(segment: LineSegment | LiteralSegment, taken: TakenLiteral): void {
    if (segment.kind === 'literal') {
      this.#input.reading = { kind: 'taking', taken: withPart(taken, segment) };
      return;
    }
    this.#input.reading = nextCommand;
    this.#begin(withTaken(taken, segment));
  }

  #startTls(line: LineSegment, head: CommandHead): void {
    const conversation = this.#conversation;
    if (head.arguments !== undefined || !conversation.capabilityView().offersStartTls) {
      this.#readingOver.begin(
        line,
        `${head.tag} BAD ${conversation.front === 'tls' ? 'TLS is already active' : 'STARTTLS is not possible now'}`,
      );
      return;
    }
    this.#input.waiting = { for: 'quiet', tag: head.tag };
    if (this.#input.backlog > 0) this.#injected();
  }

  /** The OK must be the last thing in the clear: nothing may be in flight when it is said. */
  #answerStartTls(tag: string): void {
    const conversation = this.#conversation;
    if (conversation.inFlight.size > 0 || conversation.responseOpen || conversation.questionOpen) return;
    conversation.reply(`${tag} OK Begin TLS negotiation now`);
    conversation.front = 'handshake';
    this.#input.waiting = { for: 'handshake' };
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
}

/**
 * Whether the server may answer `+`, which says nothing of whom it is for. Nothing else may be in flight then: a server
 * that saw a literal in an earlier command would say it for that one, and what the client sends as data would be run as
 * commands, by no rule looked at (P3).
 */
function mayBeContinued(head: CommandHead, line: LineSegment): boolean {
  if (line.literal !== undefined || !line.complete) return true;
  return head.verb === 'IDLE' || head.verb === 'AUTHENTICATE';
}

/** Whether a line is the first one of an HTTP request (RFC 9112 §3). */
function isHttpRequest(line: Uint8Array): boolean {
  return / HTTP\/\d\.\d\s*$/.test(latin1(line, Math.max(0, line.length - 12)));
}
