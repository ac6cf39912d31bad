/** How much is done: enough for figures to be kept, or as much as one waits for between two changes. */
import { readFileSync } from 'node:fs';

export interface Scale {
  /** Rounds that count, of the rows that every contender runs. */
  readonly rounds: number;
  /** The share of the work in each run of these rows. */
  readonly share: number;
  /** Sessions that are there and do nothing, in `idle` and in `growth`. */
  readonly sessions: number;
  /** Rounds of each comparison in `growth`, and its share of the work. */
  readonly growth: { readonly rounds: number; readonly share: number };
  readonly fairness: { readonly rounds: number; readonly pings: number };
  readonly starts: number;
}

/** A proxy has two sockets for each session; the rest is for its files. */
const FILES_BESIDES = 1000;

export function scaleOf(pace: 'full' | 'quick'): Scale {
  const most = Math.floor((filesAllowed() - FILES_BESIDES) / 2);
  if (pace === 'quick') {
    return {
      rounds: 3,
      share: 0.25,
      sessions: Math.min(1000, most),
      growth: { rounds: 3, share: 0.3 },
      fairness: { rounds: 2, pings: 300 },
      starts: 3,
    };
  }
  return {
    rounds: 7,
    share: 1,
    sessions: Math.min(5000, most),
    growth: { rounds: 5, share: 1 },
    fairness: { rounds: 5, pings: 700 },
    starts: 9,
  };
}

/** How many files a process of ours may open at most: Node raises its limit to the hard one by itself. */
function filesAllowed(): number {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(limits)?.[1];
  return hard === undefined || hard === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(hard);
}
