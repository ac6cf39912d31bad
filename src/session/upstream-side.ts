/**
 * From the server: is it a capability list or a folder? No: straight on, as it came. Yes: the script is asked,
 * and the rest of what the server says waits its turn.
 *
 * Must live here: the server's framer and the order of responses. Must not: what the client's bytes mean.
 * What always holds: responses leave in the order they came, and while a question is open none is read.
 */
import {
  Framer,
  isListVerb,
  LF,
  type LineSegment,
  type LiteralSegment,
  type ResponseHead,
  readResponseHead,
  type Segment,
} from '../imap-parser-lite/index.ts';
import { withoutReferral } from '../rewrite/referral.ts';
import type { ClientSide } from './client-side.ts';
import { CollectedResponse } from './collected-response.ts';
import type { Conversation } from './conversation.ts';
import type { EndCause } from './effect.ts';
import { endOfServer } from './ends.ts';
import type { Enforcement } from './enforcement.ts';
import { FolderAnswers } from './folder-answers.ts';
import { mayBelongToFolder } from './in-flight.ts';
import { Preamble } from './preamble.ts';
import { isMarked, nothing } from './runs.ts';
import { SingleResponses } from './single-responses.ts';

export class UpstreamSide {
  readonly #conversation: Conversation;
  readonly #enforcement: Enforcement | undefined;
  #preamble: Preamble;
  #framer: Framer = new Framer('server');
  #collected: CollectedResponse | undefined;
  readonly #folders: FolderAnswers;
  readonly #single: SingleResponses;
  /** Read, but behind folders: comes after the script's answer. */
  #postponed: LineSegment | undefined;
  #closed = false;
  #saidBye = false;

  constructor(conversation: Conversation, client: ClientSide, enforcement: Enforcement | undefined) {
    this.#conversation = conversation;
    this.#enforcement = enforcement;
    this.#preamble = new Preamble(conversation);
    this.#folders = new FolderAnswers(conversation, enforcement);
    this.#single = new SingleResponses(conversation, client, this.#folders, enforcement);
  }

  get backlog(): number {
    return this.#framer.pending;
  }

  /** What comes next is the inside of a literal. */
  get inLiteral(): boolean {
    return this.#framer.inLiteral;
  }

  /** Nothing of a response is half sent or waiting. */
  get isIdle(): boolean {
    return (
      !this.#conversation.asks('upstream') &&
      this.#folders.isEmpty &&
      !this.#conversation.responseOpen &&
      this.#framer.pending === 0
    );
  }

  /** Nothing of `bytes` is kept: what does not leave in the effects of this call is copied. */
  receive(bytes: Uint8Array): void {
    if (!this.#preamble.listening) {
      this.#preamble.spokeBeforeTls();
      return;
    }
    let at = 0;
    while (at < bytes.length) {
      const rest = at === 0 ? bytes : bytes.subarray(at);
      const passed = this.#skip(rest);
      if (passed > 0) this.#conversation.toClient(passed < rest.length ? rest.subarray(0, passed) : rest);
      at += passed > 0 ? passed : this.#take(rest);
    }
  }

  /** How many of these bytes, the next ones, go straight to the client. */
  #skip(bytes: Uint8Array): number {
    const { transcript, ended } = this.#conversation;
    const held = this.#postponed ?? this.#collected ?? transcript;
    if (held !== undefined || ended || this.#conversation.asks('upstream')) return 0;
    return this.#framer.skip(bytes, this.#mustSeeAll ? nothing : this.#folders.passing);
  }

  /** Copies what is next and reads it: all of it, or to the end of the line of which a part is held. */
  #take(bytes: Uint8Array): number {
    const holdsPart = this.#preamble.done && this.#framer.pending > 0 && !this.#conversation.asks('upstream');
    const end = holdsPart ? bytes.indexOf(LF) + 1 : 0;
    const length = end === 0 ? bytes.length : end;
    this.#framer.push(new Uint8Array(length === bytes.length ? bytes : bytes.subarray(0, length)));
    this.pump();
    return length;
  }

  secured(): void {
    this.#framer = new Framer('server');
    this.#preamble.secured();
  }

  /** The server's end of the connection is closed; what it said before is still dealt with, in order. */
  closed(): void {
    this.#closed = true;
    this.pump();
  }

  /** The server is of no use: before its greeting another may be tried, where there is one. */
  fail(cause: EndCause, bye: string | undefined): void {
    if (this.#preamble.done) this.#conversation.end(cause, bye);
    else this.#conversation.upstreamFails(cause, bye);
  }

  /** Another server is connected to; nothing that the last one said counts. */
  again(): void {
    this.#preamble = new Preamble(this.#conversation);
    this.#framer = new Framer('server');
    this.#collected = undefined;
    this.#closed = false;
    this.#saidBye = false;
    this.#conversation.upstreamFailed = false;
  }

  /** Reads on as far as it may. */
  pump(): void {
    while (this.#mayRead && !this.#conversation.asks('upstream')) {
      if (this.#folders.isFull) {
        this.#folders.finish();
        continue;
      }
      if (this.#takeRun()) continue;
      const segment = this.#postponed ?? this.#next();
      this.#postponed = undefined;
      if (segment === undefined) {
        this.#folders.finish();
        if (this.#closed && !this.#conversation.asks('upstream')) this.#end();
        return;
      }
      this.#read(segment);
    }
  }

  get #mayRead(): boolean {
    return !this.#conversation.ended && !this.#conversation.upstreamFailed;
  }

  /** Takes many responses at once, where none of them needs a look of its own. */
  #takeRun(): boolean {
    if (this.#postponed !== undefined || this.#mustSeeAll) return false;
    if (this.#folders.takeRun(this.#framer)) return true;
    const run = this.#framer.nextRun(isMarked(this.#folders.passing));
    if (run === undefined) return false;
    this.#conversation.toClient(run);
    return true;
  }

  get #mustSeeAll(): boolean {
    const { transcript } = this.#conversation;
    return (
      transcript !== undefined ||
      this.#enforcement !== undefined ||
      this.#collected !== undefined ||
      !this.#preamble.done
    );
  }

  #next(): Segment | undefined {
    const segment = this.#framer.next();
    if (segment) this.#conversation.transcript?.server(segment, this.#conversation.loggedIn);
    return segment;
  }

  #read(segment: Segment): void {
    if (segment.kind === 'fault') {
      const message = `the server's bytes cannot be read: ${segment.fault.message}`;
      this.fail(
        { code: 'upstream-unframeable', message },
        'The mail server sent something that cannot be read',
      );
      return;
    }
    if (this.#collected !== undefined) {
      this.#collect(this.#collected, segment);
      return;
    }
    if (segment.kind === 'line' && segment.first) {
      this.#begin(segment);
      return;
    }
    this.#conversation.toClient(segment.bytes);
    if (segment.kind === 'line' && segment.complete && segment.literal === undefined)
      this.#conversation.responseEnds();
  }

  #begin(line: LineSegment): void {
    const head = readResponseHead(line.bytes);
    if (head.kind === 'untagged' && head.word === 'PREAUTH') {
      // Also behind another greeting: it would hand a session to whoever connects, of which we did not know (P17).
      const message = 'the server greeted with PREAUTH, which would log in whoever connects';
      this.fail({ code: 'upstream-greeting', message }, 'The mail server is not available');
      return;
    }
    if (!this.#preamble.done) {
      this.#collect(new CollectedResponse(head), line);
      return;
    }
    const route = this.#routeOf(line, head);
    const comesAfter = route !== 'folders' || (head.kind === 'untagged' && this.#folders.mustGoBefore(head));
    if (comesAfter && !this.#folders.isEmpty) {
      this.#postponed = line;
      this.#folders.finish();
      return;
    }
    if (route === 'pass') this.#pass(line);
    else this.#collect(new CollectedResponse(head), line);
  }

  /** Straight on, to the folders, or looked at on its own. */
  #routeOf(line: LineSegment, head: ResponseHead): 'pass' | 'folders' | 'look' {
    switch (head.kind) {
      case 'tagged':
      case 'continuation':
        return 'look';
      case 'untagged':
        if (isListVerb(head.word) || (mayBelongToFolder(head.word) && !this.#single.isVeiled(head)))
          return this.#folders.takes(head, line) ? 'folders' : 'pass';
        if (head.word === 'BYE') this.#saidBye = true;
        this.#enforcement?.heard(line.bytes);
        return this.#single.needsLook(line.bytes, head) ? 'look' : 'pass';
      case 'unknown':
        return 'pass';
    }
  }

  #pass(line: LineSegment): void {
    const ends = line.complete && line.literal === undefined;
    if (!ends) this.#conversation.responseBegins();
    this.#conversation.toClient(line.bytes);
    if (ends) this.#conversation.responseEnds();
  }

  #collect(collected: CollectedResponse, segment: LineSegment | LiteralSegment): void {
    const whole = collected.add(segment);
    this.#collected = whole === undefined ? collected : undefined;
    if (whole === undefined) return;
    if (whole === 'too-large') {
      const message = 'the server sent a folder or capability response that is too large to be rewritten';
      this.fail({ code: 'upstream-unframeable', message }, 'The mail server sent too large a response');
      return;
    }
    const { head } = collected;
    this.#whole(this.#conversation.refused.referrals ? withoutReferral(whole, head) : whole, head);
  }

  #whole(response: Uint8Array, head: ResponseHead): void {
    if (!this.#preamble.done) {
      const greeting = this.#preamble.receive(response, this.#framer.pending > 0);
      if (greeting !== undefined) this.#single.greet(greeting, readResponseHead(greeting));
      return;
    }
    if (!this.#single.isVeiled(head) && this.#folders.add(response, head)) return;
    this.#single.look(response, head);
  }

  #end(): void {
    const { loggedOut, responseOpen } = this.#conversation;
    const inResponse = responseOpen || this.#collected !== undefined || !this.#framer.atBoundary;
    const { cause, bye } = endOfServer({ inResponse, loggedOut, saidBye: this.#saidBye });
    this.fail(cause, bye);
  }
}
