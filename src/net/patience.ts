/**
 * How long a session may take for what it is at. What always holds: it has no timer of its own and tells nothing by
 * itself; whoever looks after all sessions asks it from time to time (deadlines.ts).
 */
import type { Limits } from '../config/config.ts';
import type { Unfinished } from '../imap-parser-lite/index.ts';

/** What has taken too long. */
export type Late = 'handshake' | 'greeting' | 'login' | 'line' | 'literal' | 'idle';

const beforeLogin = 'that was begun before login was not finished in time';

/** What was waited for in vain, as the client and the log are told. Of a late greeting the leg to the server tells. */
export const lateness: Readonly<Record<Exclude<Late, 'greeting'>, string>> = {
  handshake: 'the TLS handshake was not finished in time',
  login: 'there was no login in time',
  line: `a line ${beforeLogin}`,
  literal: `a literal ${beforeLogin}`,
  idle: 'nothing was said for too long',
};

/** Milliseconds after which a session in which nothing is said is at rest. Most end before. */
const PAUSE = 5000;

/** All times are milliseconds of `performance.now()`. */
export class Patience {
  readonly #limits: Limits;
  readonly began: number = performance.now();
  /** When it was last seen that either side has said something. */
  active: number = this.began;
  /** When there must have been a login, while there is none. */
  #loginBy: number;
  /** When the client's handshake must be done, while there is one. */
  handshakeBy: number = Number.POSITIVE_INFINITY;
  /** When the server must have greeted, while it is waited for. */
  greetingBy: number = Number.POSITIVE_INFINITY;
  /** What the client had begun at the last look, and when that was seen first. */
  #unfinished: Unfinished | undefined;
  #unfinishedSince = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#loginBy = this.began + limits.loginTimeout;
  }

  /** The client has the time for a login from here on: again, where one was undone. */
  beginLogin(now: number): void {
    this.#loginBy = now + this.#limits.loginTimeout;
  }

  get awaitsHandshake(): boolean {
    return this.handshakeBy !== Number.POSITIVE_INFINITY;
  }

  get awaitsGreeting(): boolean {
    return this.greetingBy !== Number.POSITIVE_INFINITY;
  }

  /** What is late at `now`, of a session that stands like this; undefined: nothing. */
  late(now: number, loggedIn: boolean, unfinished: Unfinished | undefined): Late | undefined {
    if (now > this.handshakeBy) return 'handshake';
    if (now > this.greetingBy) return 'greeting';
    if (!loggedIn && now > this.#loginBy) return 'login';
    if (this.#isStalled(now, loggedIn ? undefined : unfinished)) return this.#unfinished?.kind;
    return now > this.active + this.#limits.idleTimeout ? 'idle' : undefined;
  }

  /** Whether nothing was said for a while: what now goes without a word is noticed by keep-alive alone. */
  rests(now: number): boolean {
    return now > this.active + PAUSE;
  }

  /** Before login: whether the line or literal that the client has begun takes longer than a handshake may (A16). */
  #isStalled(now: number, unfinished: Unfinished | undefined): boolean {
    const before = this.#unfinished;
    this.#unfinished = unfinished;
    if (unfinished === undefined) return false;
    if (before?.kind !== unfinished.kind || before.number !== unfinished.number) this.#unfinishedSince = now;
    return now > this.#unfinishedSince + this.#limits.handshakeTimeout;
  }
}
