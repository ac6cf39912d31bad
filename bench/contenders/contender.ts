/** What is measured: a TLS front on a loopback port, before the one upstream. */
import type { Certificates } from '../../test/support/certificates.ts';

export interface Contender {
  readonly name: string;
  readonly port: number;
  /** Its first process; what that started belongs to it. */
  readonly pid: number;
  stop(): Promise<void>;
}

/** Where a contender is to stand. */
export interface Place {
  /** A folder of its own. */
  readonly folder: string;
  readonly port: number;
  readonly upstream: { readonly imap: number; readonly http: number };
  readonly certificates: Certificates;
}

/** A contender that can be started, or why it cannot be: the package that is missing. */
export interface Entrant {
  readonly name: string;
  readonly version: string;
  start(place: Place): Promise<Contender>;
}

export type Entry = Entrant | { readonly name: string; readonly missing: string };
