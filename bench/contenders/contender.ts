/** What is measured: a TLS front on a loopback port, before the one upstream. */
import type { Certificates } from '../../test/support/certificates.ts';
import { type Cores, start, stop, untilListening } from '../child.ts';

export interface Contender {
  readonly name: string;
  readonly port: number;
  /** Its first process; what that started belongs to it. */
  readonly pid: number;
  /** Whether its code is compiled while it runs, so that it needs more than one run to warm up. */
  readonly compiles: boolean;
  stop(): Promise<void>;
}

/** Where a contender is to stand. */
export interface Place {
  /** A folder of its own. */
  readonly folder: string;
  readonly port: number;
  readonly cores: Cores;
  readonly upstream: { readonly imap: number; readonly http: number };
  readonly certificates: Certificates;
}

/** Starts a program that serves the place's port, and waits until it does. */
export async function stand(
  name: string,
  place: Place,
  file: string,
  args: readonly string[],
): Promise<Contender> {
  const child = start(file, args, place.cores);
  await untilListening(child, place.port, name);
  return {
    name,
    port: place.port,
    pid: child.pid!,
    compiles: file === process.execPath,
    stop: () => stop(child),
  };
}

/** A contender that can be started, or why it cannot be: the package that is missing. */
export interface Entrant {
  readonly name: string;
  readonly version: string;
  start(place: Place): Promise<Contender>;
}

export type Entry = Entrant | { readonly name: string; readonly missing: string };
