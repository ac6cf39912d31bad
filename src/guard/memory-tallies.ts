/**
 * Counts in this process's memory. They take no more than so much memory, however many addresses and names a flood
 * makes up: beyond that the oldest go. Nothing is timed: what is over is passed by, and goes in its turn.
 */
import type { FailedLogins as Settings } from '../config/config.ts';
import { BoundedMap } from './bounded-map.ts';
import { type Counted, KNOWN_FOR, mostOf, type Tallies } from './failed-logins.ts';

/** Keys of each kind; a name has at most 255 bytes, so that ten thousand take a few megabytes at the worst. */
const MOST_KEYS = { failures: 10_000, known: 50_000 } as const;

interface Entry {
  readonly count: number;
  /** On the clock that was handed in, milliseconds. */
  readonly until: number;
}

/** All counts as plain data, for another process; its clock is another one, so that times are what is left of them. */
export type Snapshot = Readonly<Record<Counted | 'known', readonly SnapshotEntry[]>>;
type SnapshotEntry = readonly [key: string, count: number, milliseconds: number];

export class MemoryTallies implements Tallies {
  /** May be replaced: what is counted already keeps its time. */
  settings: Settings;
  readonly #now: () => number;
  readonly #kept: Readonly<Record<Counted | 'known', BoundedMap<Entry>>> = {
    address: new BoundedMap(MOST_KEYS.failures),
    user: new BoundedMap(MOST_KEYS.failures),
    pair: new BoundedMap(MOST_KEYS.failures),
    known: new BoundedMap(MOST_KEYS.known),
  };

  /** `now` is a clock that never goes back, in milliseconds. */
  constructor(settings: Settings, now: () => number = () => performance.now()) {
    this.settings = settings;
    this.#now = now;
  }

  failures(of: Counted, key: string): number {
    return this.#entry(of, key)?.count ?? 0;
  }

  addFailure(of: Counted, key: string): void {
    const { within, block } = this.settings;
    const most = mostOf(of, this.settings);
    if (most === 0) return;
    const now = this.#now();
    const before = this.#entry(of, key);
    const count = (before?.count ?? 0) + 1;
    // What was on its way when the limit was reached makes the block no longer.
    const until = count === most ? now + block : (before?.until ?? now + within);
    this.#kept[of].set(key, { count, until });
  }

  forgetFailures(of: Counted, key: string): void {
    this.#kept[of].delete(key);
  }

  isKnown(pair: string): boolean {
    return this.#entry('known', pair) !== undefined;
  }

  setKnown(pair: string): void {
    this.#kept.known.set(pair, { count: 1, until: this.#now() + KNOWN_FOR });
  }

  /** Whether a success of this pair would change anything that matters: most logins do not. */
  isSettled(pair: string): boolean {
    const known = this.#entry('known', pair);
    if (known === undefined || this.failures('pair', pair) > 0) return false;
    return known.until - this.#now() > KNOWN_FOR / 2;
  }

  get snapshot(): Snapshot {
    const { address, user, pair, known } = this.#kept;
    return {
      address: this.#list(address),
      user: this.#list(user),
      pair: this.#list(pair),
      known: this.#list(known),
    };
  }

  /** Takes over what another process knows. */
  restore(snapshot: Snapshot): void {
    const now = this.#now();
    for (const kind of ['address', 'user', 'pair', 'known'] as const) {
      for (const [key, count, milliseconds] of snapshot[kind])
        this.#kept[kind].set(key, { count, until: now + milliseconds });
    }
  }

  /** Keys of all kinds, those that are over included. */
  get size(): number {
    return Object.values(this.#kept).reduce((sum, { size }) => sum + size, 0);
  }

  #entry(kind: Counted | 'known', key: string): Entry | undefined {
    const entry = this.#kept[kind].get(key);
    return entry !== undefined && entry.until > this.#now() ? entry : undefined;
  }

  #list(kept: BoundedMap<Entry>): SnapshotEntry[] {
    const now = this.#now();
    return kept
      .entries()
      .filter(([, { until }]) => until > now)
      .map(([key, { count, until }]) => [key, count, until - now]);
  }
}
