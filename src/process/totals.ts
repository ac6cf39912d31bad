/**
 * The primary's part in the limits that hold over all workers: it adds up what they report, and says what became
 * full and what is free again. It holds nothing of a worker that is gone.
 */
import type { Limits } from '../config/config.ts';
import type { Count, Full } from './worker-messages.ts';

/** News for all workers. */
export interface FullnessChange {
  readonly full: Full;
  /** Addresses that were full and are not any more. */
  readonly free: readonly string[];
}

interface Reported {
  all: number;
  readonly perAddress: Map<string, number>;
}

/** `Reporter` is what stands for one worker process. */
export class Totals<Reporter extends object> {
  #limits: Limits;
  readonly #reported: Map<Reporter, Reported> = new Map();
  readonly #perAddress: Map<string, number> = new Map();
  readonly #fullAddresses: Set<string> = new Set();
  #all = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** What a worker that begins has to know. */
  get full(): Full {
    return { all: this.#isFull, addresses: [...this.#fullAddresses] };
  }

  /** Other limits hold from now on. */
  useLimits(limits: Limits): FullnessChange | undefined {
    const wasFull = this.#isFull;
    this.#limits = limits;
    return this.#judge(this.#perAddress.keys(), wasFull);
  }

  /** Takes a report; the result is undefined where no limit is reached or left by it. */
  report(from: Reporter, count: Count): FullnessChange | undefined {
    const wasFull = this.#isFull;
    const before = this.#reported.get(from) ?? { all: 0, perAddress: new Map<string, number>() };
    this.#reported.set(from, before);
    this.#all += count.all - before.all;
    before.all = count.all;

    for (const [address, connections] of count.perAddress) {
      const total =
        (this.#perAddress.get(address) ?? 0) + connections - (before.perAddress.get(address) ?? 0);
      put(before.perAddress, address, connections);
      put(this.#perAddress, address, total);
    }
    return this.#judge(
      count.perAddress.map(([address]) => address),
      wasFull,
    );
  }

  /** Takes back everything that a worker has reported. */
  forget(gone: Reporter): FullnessChange | undefined {
    const reported = this.#reported.get(gone);
    if (reported === undefined) return undefined;
    const perAddress = [...reported.perAddress.keys()].map((address) => [address, 0] as const);
    const change = this.report(gone, { all: 0, perAddress });
    this.#reported.delete(gone);
    return change;
  }

  #judge(addresses: Iterable<string>, wasFull: boolean): FullnessChange | undefined {
    const full: string[] = [];
    const free: string[] = [];
    for (const address of addresses) {
      const isFull = (this.#perAddress.get(address) ?? 0) >= this.#limits.connectionsPerAddress;
      if (isFull === this.#fullAddresses.has(address)) continue;
      if (isFull) this.#fullAddresses.add(address);
      else this.#fullAddresses.delete(address);
      (isFull ? full : free).push(address);
    }
    if (full.length + free.length === 0 && wasFull === this.#isFull) return undefined;
    return { full: { all: this.#isFull, addresses: full }, free };
  }

  get #isFull(): boolean {
    return this.#all >= this.#limits.connections;
  }
}

/** What is 0 takes no memory. */
function put(counts: Map<string, number>, address: string, count: number): void {
  if (count === 0) counts.delete(address);
  else counts.set(address, count);
}
