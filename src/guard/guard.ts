/**
 * Who guesses passwords is slowed down, and then refused before the next guess goes to the server. Every process
 * counts in its memory what happens in this proxy; where there is a shared store that answers, its counts decide.
 */
import type { FailedLogins as Settings } from '../config/config.ts';
import type { LoginAttempt, LoginGuard, Verdict } from '../net/login-guard.ts';
import {
  countFailure,
  countSuccess,
  standingHere,
  standingOf,
  type Tallies,
  verdictOf,
} from './failed-logins.ts';
import { type Keys, keysOf } from './keys.ts';
import type { MemoryTallies } from './memory-tallies.ts';

/** How a login ended, for the other processes of this proxy. */
export interface LoginOutcome {
  readonly kind: 'failed' | 'succeeded';
  readonly client: string;
  readonly user: string;
}

/** A store that several proxies share. */
export interface SharedStore {
  /** Whether it was of no use when it was tried last. */
  readonly isLost: boolean;
  /** Undefined: it is of no use at the moment. Never rejects. */
  use<Result>(work: (tallies: Tallies) => Promise<Result>): Promise<Result | undefined>;
  close(): void;
}

export class Guard implements LoginGuard {
  readonly #memory: MemoryTallies;
  #store: SharedStore | undefined;
  readonly #tellOthers: (outcome: LoginOutcome) => void;

  constructor(
    memory: MemoryTallies,
    store: SharedStore | undefined,
    tellOthers: (outcome: LoginOutcome) => void,
  ) {
    this.#memory = memory;
    this.#store = store;
    this.#tellOthers = tellOthers;
  }

  judge({ client, user }: LoginAttempt): Verdict | Promise<Verdict> {
    const keys = keysOf(client, user);
    return this.#store === undefined ? this.#judgeHere(keys) : this.#judgeThere(keys, this.#store);
  }

  #judgeHere(keys: Keys): Verdict {
    return verdictOf(standingHere(keys, this.#memory), this.#settings);
  }

  async #judgeThere(keys: Keys, store: SharedStore): Promise<Verdict> {
    const standing = await store.use((tallies) => standingOf(keys, tallies));
    return standing === undefined ? this.#judgeHere(keys) : verdictOf(standing, this.#settings);
  }

  failed(client: string, user: string): void {
    this.#note({ kind: 'failed', client, user });
  }

  succeeded(client: string, user: string): void {
    if (user !== '') this.#note({ kind: 'succeeded', client, user });
  }

  /** What another process of this proxy has told. */
  learn(outcome: LoginOutcome): void {
    learn(outcome, this.#memory);
  }

  /** Goes on with other limits, and with this store in place of the one that it had. What is counted stays. */
  use(settings: Settings, store: SharedStore | undefined): void {
    this.#memory.settings = settings;
    if (store !== this.#store) this.#store?.close();
    this.#store = store;
  }

  get store(): SharedStore | undefined {
    return this.#store;
  }

  /** Whether there is a store, and it is of no use at the moment. */
  get hasLostStore(): boolean {
    return this.#store?.isLost ?? false;
  }

  close(): void {
    this.#store?.close();
  }

  get #settings(): Settings {
    return this.#memory.settings;
  }

  #note(outcome: LoginOutcome): void {
    const keys = keysOf(outcome.client, outcome.user);
    void this.#store?.use((tallies) => count(outcome, keys, tallies));
    // Nearly every login is one more of somebody who is known; nobody needs to hear that.
    const { named } = keys;
    if (outcome.kind === 'succeeded' && named !== undefined && this.#memory.isSettled(named.pair)) return;
    void count(outcome, keys, this.#memory);
    this.#tellOthers(outcome);
  }
}

/** Counts what was told by another process. */
export function learn(outcome: LoginOutcome, memory: MemoryTallies): void {
  void count(outcome, keysOf(outcome.client, outcome.user), memory);
}

function count({ kind }: LoginOutcome, keys: Keys, tallies: Tallies): Promise<void> {
  return kind === 'failed' ? countFailure(keys, tallies) : countSuccess(keys, tallies);
}
