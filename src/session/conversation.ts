/**
 * What both sides of a session know of each other: who the client is, whether it is safe, what is in flight, and
 * the effects asked for. The proxy's own replies go out only between two responses of the server, never in the
 * middle of one (P31).
 */
import { fromLatin1 } from '../imap-parser-lite/index.ts';
import type { CapabilityView } from '../rewrite/capability.ts';
import type {
  Answer,
  DefinedHooks,
  EncryptionMode,
  HookContext,
  NameEncoding,
  Question,
} from '../rewrite/question.ts';
import { type Refused, refusedByDefault } from '../rewrite/refused.ts';
import type { Counts, Effect, EndCause, Login } from './effect.ts';
import { isOfClient } from './ends.ts';
import { InFlight } from './in-flight.ts';
import * as limits from './limits.ts';
import type { Transcript } from './transcript.ts';

export interface SessionSettings {
  readonly session: string;
  /** Addresses as a person writes them. */
  readonly client: string;
  readonly clientport: number;
  readonly server: string;
  readonly serverport: number;
  readonly defaultMode: EncryptionMode;
  readonly upstreamEncryption: 'none' | 'starttls' | 'tls';
  /** The server is told by ID who the client is. Left out: it is not. */
  readonly identify?: boolean;
  /** There are other servers: one that does not greet is no reason to end. Left out: it is. */
  readonly failsOver?: boolean;
  /** Bytes. */
  readonly preLoginLine: number;
  readonly preLoginLiteral: number;
  /** What is neither shown nor passed; left out: what cannot work through a proxy. */
  readonly refused?: Refused;
  /** What is hidden is refused as well. */
  readonly enforce: boolean;
  /** What the script defines now; another object when another script has come, which may be while the session lives. */
  readonly hooks: { readonly defines: DefinedHooks };
  /** Commands that the script is asked about, upper case; one word of two (`UID`, `EXPUNGE`) stands for both. */
  readonly commandsAsked?: readonly string[];
  /** Each login is asked about, whether or not the script wants to know of it. Left out: it is not. */
  readonly guardsLogin?: boolean;
}

/** How the client's side stands: not decided yet, readable by all, in the TLS handshake, or safe. */
export type Front = 'undecided' | 'plain' | 'handshake' | 'tls';

/** Who asks a script: each side may have one question, and waits for its answer. */
export type Side = 'client' | 'upstream';

interface Asked {
  readonly side: Side;
  readonly question: Question;
  readonly answered: (answer: Answer) => void;
}

const noEffects: readonly Effect[] = [];
const noQuestions: readonly Asked[] = [];
const nobody: Login = { user: undefined, passwordOf: undefined, mechanism: undefined };

export class Conversation {
  // What each command touches comes first, and of what is seldom there nothing is kept (decision 9).
  readonly settings: SessionSettings;
  /** Where somebody wants to read along. */
  readonly transcript: Transcript | undefined;
  readonly inFlight: InFlight = new InFlight();
  mode: EncryptionMode;
  front: Front = 'undecided';
  greeted = false;
  loggedIn = false;
  names: NameEncoding = 'modified-utf7';
  draining = false;
  ended = false;
  /** The server did not greet, and another one was not connected to yet: nothing of it is read. */
  upstreamFailed = false;
  commands: Counts['commands'] = 0;
  /** Undefined while there are none, as are the replies. */
  #effects: Effect[] | undefined;
  /** The first one is open; that of the other side waits behind it. */
  #questions: readonly Asked[] = noQuestions;
  #responseOpen = false;
  #replies: Uint8Array[] | undefined;
  user: string | undefined;
  /** Upper-case words of the server's last capability list; undefined until there was one. */
  upstreamCapabilities: ReadonlySet<string> | undefined;
  /** A login whose password has gone up, and which the server has not answered. */
  unanswered: Login | undefined;
  /** The server said OK to LOGOUT: what follows is the planned end. */
  loggedOut = false;
  commandsRefused: Counts['commandsRefused'] = 0;
  foldersHidden: Counts['foldersHidden'] = 0;
  capabilitiesRemoved: Counts['capabilitiesRemoved'] = 0;

  constructor(settings: SessionSettings, transcript?: Transcript) {
    this.settings = settings;
    this.transcript = transcript;
    this.mode = settings.defaultMode;
  }

  /** The server is of no use, and the client has heard nothing of it. */
  upstreamFails(cause: EndCause, bye: string | undefined): void {
    if (this.settings.failsOver !== true) {
      this.end(cause, bye);
      return;
    }
    if (this.upstreamFailed) return;
    this.upstreamFailed = true;
    this.effect({ kind: 'upstream-failed', cause, bye });
  }

  /** The effects since the last call. */
  takeEffects(): readonly Effect[] {
    const effects = this.#effects;
    this.#effects = undefined;
    return effects ?? noEffects;
  }

  effect(effect: Effect): void {
    if (this.ended) return;
    if (this.#effects === undefined) this.#effects = [effect];
    else this.#effects.push(effect);
  }

  /** Asks the script, once the other side's question is answered; `answered` is called with what it says. */
  ask(side: Side, question: Question, answered: (answer: Answer) => void): void {
    this.#questions = [...this.#questions, { side, question, answered }];
    if (this.#questions.length === 1) this.effect({ kind: 'ask', question });
  }

  /** The answer to the open question. */
  answered(answer: Answer): void {
    if (this.ended) return;
    const [asked, next] = this.#questions;
    this.#questions = next === undefined ? noQuestions : this.#questions.slice(1);
    if (next !== undefined) this.effect({ kind: 'ask', question: next.question });
    asked?.answered(answer);
  }

  /** Somebody waits for the script's answer. */
  get questionOpen(): boolean {
    return this.#questions.length > 0;
  }

  asks(side: Side): boolean {
    return this.#questions.length > 0 && this.#questions.some((asked) => asked.side === side);
  }

  toClient(bytes: Uint8Array): void {
    this.#write('write-client', bytes);
  }

  toUpstream(bytes: Uint8Array): void {
    this.#write('write-upstream', bytes);
  }

  /** Neighbours in one chunk leave in one write: what is untouched costs nothing for having been looked at. */
  #write(kind: 'write-client' | 'write-upstream', bytes: Uint8Array): void {
    if (bytes.length === 0 || this.ended) return;
    const effects = this.#effects;
    const last = effects?.at(-1);
    if (
      effects !== undefined &&
      last?.kind === kind &&
      last.bytes.buffer === bytes.buffer &&
      last.bytes.byteOffset + last.bytes.length === bytes.byteOffset
    ) {
      const joined = new Uint8Array(bytes.buffer, last.bytes.byteOffset, last.bytes.length + bytes.length);
      effects[effects.length - 1] = { kind, bytes: joined };
      return;
    }
    this.effect({ kind, bytes });
  }

  get responseOpen(): boolean {
    return this.#responseOpen;
  }

  responseBegins(): void {
    this.#responseOpen = true;
  }

  responseEnds(): void {
    this.#responseOpen = false;
    if (this.#replies === undefined) return;
    for (const reply of this.#replies) this.toClient(reply);
    this.#replies = undefined;
  }

  /** Sends a line of our own, without its CRLF (latin1), as soon as no response is in the middle. */
  reply(line: string): void {
    this.transcript?.proxy(line);
    const bytes = fromLatin1(`${line}\r\n`);
    if (!this.#responseOpen) this.toClient(bytes);
    else if (this.#replies === undefined) this.#replies = [bytes];
    else this.#replies.push(bytes);
  }

  get repliesFull(): boolean {
    return this.#replies !== undefined && this.#replies.length >= limits.repliesWaiting;
  }

  /**
   * Ends the session. `bye` is said to the client where it can be: not inside a response, and not to a client
   * that is in a handshake or has not been told how to listen. Who leaves before the answer to a password has failed:
   * Dovecot answers a right one at once and a wrong one late, so that who hangs up in between has had the answer.
   */
  end(cause: EndCause, bye?: string): void {
    if (this.ended) return;
    const canSpeak = (this.front === 'plain' || this.front === 'tls') && !this.#responseOpen;
    if (bye !== undefined && canSpeak) {
      this.transcript?.proxy(`* BYE ${bye}`);
      this.toClient(fromLatin1(`* BYE ${bye}\r\n`));
    }
    if (this.unanswered !== undefined && isOfClient(cause)) this.#loginFailed(this.unanswered, undefined);
    this.effect({ kind: 'end', cause });
    this.ended = true;
  }

  /**
   * Notes what the answer to a command says about who the client is; `code` is the answer's response code. True:
   * that has changed.
   */
  loginAnswered(verb: string, word: string, login: Login | undefined, code: string | undefined): boolean {
    const ok = word === 'OK';
    if (verb === 'LOGIN' || verb === 'AUTHENTICATE') {
      this.unanswered = undefined;
      if (ok) this.#loggedIn(login ?? nobody);
      else this.#loginFailed(login ?? nobody, code);
      return ok;
    }
    if (verb !== 'UNAUTHENTICATE' || !ok) return false;
    // RFC 8437 §3: login and ENABLE are undone (P21).
    this.loggedIn = false;
    this.user = undefined;
    this.names = 'modified-utf7';
    this.effect({ kind: 'logged-out' });
    return true;
  }

  #loggedIn({ user, passwordOf, mechanism }: Login): void {
    this.loggedIn = true;
    this.user = user;
    this.effect({ kind: 'logged-in', user, passwordOf, mechanism });
  }

  #loginFailed({ user, passwordOf, mechanism }: Login, code: string | undefined): void {
    this.effect({ kind: 'login-failed', user, passwordOf, mechanism, code });
  }

  capabilityView(): CapabilityView {
    const beforeTls = this.front !== 'tls' && !this.loggedIn && !this.inFlight.hasLogin;
    return { offersStartTls: beforeTls, refusesLogin: beforeTls && this.mode === 3, refused: this.refused };
  }

  get refused(): Refused {
    return this.settings.refused ?? refusedByDefault;
  }

  context(command: HookContext['command']): HookContext {
    const { session, client, server, serverport } = this.settings;
    return {
      session,
      client,
      server,
      serverport,
      tls: this.front === 'tls',
      user: this.loggedIn ? this.user : undefined,
      command,
    };
  }
}
