/** How much is done: enough for figures to be kept, or as much as one waits for between two changes. */
import { readFileSync } from 'node:fs';

export interface Scale {
  /** How often all contenders are started anew for the rows that every one of them runs. */
  readonly casts: number;
  /** Rounds that count, of each of these rows with each cast. */
  readonly rounds: number;
  /** The share of the work in each run of these rows. */
  readonly share: number;
  /** Sessions that are there and do nothing, in `idle` and in `growth`. */
  readonly sessions: number;
  readonly growth: {
    /** Rounds of each comparison. */
    readonly rounds: number;
    /**
     * Rounds of the one with thousands of sessions: each differs from the next by a tenth, so there are as many as
     * there is time for. `until`: milliseconds from the start of the benchmark, after which the first contender has
     * one if it had none, and nobody else.
     */
    readonly crowds: { readonly most: number; readonly until: number };
    /** The share of the work in all of them. */
    readonly share: number;
  };
  readonly fairness: { readonly rounds: number; readonly pings: number };
  readonly starts: number;
  /** Sentences about what this machine does not allow. */
  readonly shortOf: readonly string[];
}

/** A proxy has two sockets for each session; the rest is for its files. */
const FILES_BESIDES = 1000;

export function scaleOf(pace: 'full' | 'quick'): Scale {
  const wanted = pace === 'quick' ? 1000 : 5000;
  const allowed = filesAllowed();
  const sessions = Math.min(wanted, Math.floor((allowed - FILES_BESIDES) / 2));
  const shortOf =
    sessions === wanted
      ? []
      : [
          `${wanted} idle sessions: a process may open only ${allowed} files (ulimit -Hn), so ${sessions} are used`,
        ];
  if (pace === 'quick') {
    return {
      casts: 1,
      rounds: 3,
      share: 0.25,
      sessions,
      growth: { rounds: 2, crowds: { most: 2, until: Number.POSITIVE_INFINITY }, share: 0.3 },
      fairness: { rounds: 2, pings: 250 },
      starts: 3,
      shortOf,
    };
  }
  return {
    casts: 2,
    rounds: 6,
    share: 1,
    sessions,
    growth: { rounds: 5, crowds: { most: 5, until: 9.5 * 60_000 }, share: 1 },
    fairness: { rounds: 5, pings: 500 },
    starts: 9,
    shortOf,
  };
}

/** How many files a process of ours may open at most: Node raises its limit to the hard one by itself. */
function filesAllowed(): number {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(limits)?.[1];
  return hard === undefined || hard === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(hard);
}
