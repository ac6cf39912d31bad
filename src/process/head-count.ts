/**
 * A worker's part in the limits that hold over all workers: it reports its own counts, and knows which limits are
 * reached in all. What happens within a few milliseconds is one report, so that a flood of connections is no flood
 * of messages; by so much a limit can be late.
 */
import type { Census, Connections } from '../net/connections.ts';
import type { Count, Full } from './worker-messages.ts';

/** Milliseconds between a change and its report. */
const GATHERED = 10;

export class HeadCount implements Census {
  readonly #report: (count: Count) => void;
  readonly #fullAddresses: Set<string>;
  #full: boolean;
  /** What was reported of each address that has connections. */
  readonly #reported: Map<string, number> = new Map();
  #reportedAll = 0;
  readonly #changed: Set<string> = new Set();
  #waits = false;

  constructor(full: Full, report: (count: Count) => void) {
    this.#full = full.all;
    this.#fullAddresses = new Set(full.addresses);
    this.#report = report;
  }

  isFull(): boolean {
    return this.#full;
  }

  isFullFor(address: string): boolean {
    return this.#fullAddresses.has(address);
  }

  /** What the primary has found out. */
  learn(full: Full, free: readonly string[]): void {
    this.#full = full.all;
    for (const address of full.addresses) this.#fullAddresses.add(address);
    for (const address of free) this.#fullAddresses.delete(address);
  }

  changed(counted: Connections, address?: string): void {
    if (address !== undefined) this.#changed.add(address);
    if (this.#waits) return;
    this.#waits = true;
    setTimeout(() => this.#send(counted), GATHERED).unref();
  }

  #send(counted: Connections): void {
    this.#waits = false;
    const perAddress: [string, number][] = [];
    for (const address of this.#changed) {
      const count = counted.countOf(address);
      if (count === (this.#reported.get(address) ?? 0)) continue;
      perAddress.push([address, count]);
      if (count === 0) this.#reported.delete(address);
      else this.#reported.set(address, count);
    }
    this.#changed.clear();
    const all = counted.all.size;
    if (perAddress.length === 0 && all === this.#reportedAll) return;
    this.#reportedAll = all;
    this.#report({ all, perAddress });
  }
}
