/**
 * What primary and worker say to each other, over a channel that nobody else can reach. Both are always of the
 * same version, so nothing is checked on arrival.
 */
import type { Config } from '../config/config.ts';
import type { LoginOutcome } from '../guard/guard.ts';
import type { Snapshot } from '../guard/memory-tallies.ts';
import type { Common } from './common.ts';
import type { Report } from './report.ts';

/** The limits that are reached among all workers together. */
export interface Full {
  /** `limits.connections`. */
  readonly all: boolean;
  /** Addresses at `limits.connectionsPerAddress`. */
  readonly addresses: readonly string[];
}

/** What changed since the last count that was sent. */
export interface Count {
  /** All connections of the worker. */
  readonly all: number;
  /** The addresses whose number has changed, with the new one; 0: there is none left. */
  readonly perAddress: readonly (readonly [address: string, connections: number])[];
}

/** The first message to a worker. */
export interface Start {
  readonly kind: 'start';
  readonly number: number;
  readonly config: Config;
  readonly common: Common;
  readonly full: Full;
  /** What the others know of failed logins. */
  readonly logins: Snapshot;
}

export type ToWorker =
  | Start
  /** A socket comes with it, from the listener of this name; to be answered by `took`. */
  | { readonly kind: 'connection'; readonly listener: string }
  /** The addresses that became full, and those that are not any more. */
  | { readonly kind: 'full'; readonly full: Full; readonly free: readonly string[] }
  | { readonly kind: 'ticket-keys'; readonly keys: Buffer }
  /** How a login ended in another worker. */
  | { readonly kind: 'login'; readonly outcome: LoginOutcome }
  /** Make ready for this configuration; to be answered by `prepared`, and followed by one of the two below. */
  | { readonly kind: 'prepare'; readonly config: Config; readonly common: Common }
  | { readonly kind: 'commit' }
  | { readonly kind: 'cancel' }
  /** To be answered by `reported`. */
  | { readonly kind: 'report' }
  | { readonly kind: 'drain' }
  | { readonly kind: 'close' };

export type FromWorker =
  /** Every HEARTBEAT, from the first moment on, with the reason why it should get no new sessions. */
  | { readonly kind: 'alive'; readonly unready: string | undefined }
  /** Script and certificates are loaded; connections are welcome. */
  | { readonly kind: 'serving' }
  /** It cannot serve, and ends. */
  | { readonly kind: 'fault'; readonly message: string }
  /** The connection is its own from here on. Said before anything is said to the client. */
  | { readonly kind: 'took' }
  | { readonly kind: 'count'; readonly count: Count }
  /** How a login ended, where that changes what the others should think of the next. */
  | { readonly kind: 'login'; readonly outcome: LoginOutcome }
  /** Ready for what `prepare` brought, or why not. */
  | { readonly kind: 'prepared'; readonly fault: string | undefined }
  | { readonly kind: 'reported'; readonly report: Report };

/** Milliseconds. */
export const HEARTBEAT = 1000;
