/** What connections ask of whoever watches for guessed passwords, before a credential goes to the server. */

/** Somebody who wants to log in, as far as it is known before the password is. */
export interface LoginAttempt {
  readonly session: string;
  /** The client's address as a person would write it. */
  readonly client: string;
  readonly serverport: number;
  /** Whose password it is, as the client wrote it; empty where the mechanism shows no name. */
  readonly user: string;
}

export type Verdict =
  | { readonly kind: 'pass' }
  /** To be answered late. */
  | { readonly kind: 'wait'; readonly milliseconds: number }
  /** Too many logins failed, with this name or from this address. */
  | { readonly kind: 'refuse'; readonly by: RefusedBy };

export type RefusedBy = 'address' | 'user';

export interface LoginGuard {
  /** May this login go to the server? Never rejects, and takes less than a second whatever happens. */
  judge(attempt: LoginAttempt): Verdict | Promise<Verdict>;
  /** The server has refused the password, or the client did not wait for the answer. Without a name the address counts. */
  failed(client: string, user: string): void;
  /** The server has taken it. Without a name nothing is to be learnt from that. */
  succeeded(client: string, user: string): void;
}

/** What an operator, or a metric, wants to know of the guard; what it refuses is in `ConnectionEvents`. */
export type GuardEvent =
  | { readonly kind: 'delayed'; readonly attempt: LoginAttempt; readonly milliseconds: number }
  /** The shared store is of no use at the moment, and this proxy counts by itself; said once. */
  | { readonly kind: 'store-lost'; readonly store: string; readonly message: string }
  /** The shared store answers, for the first time or again. */
  | { readonly kind: 'store-found'; readonly store: string };
