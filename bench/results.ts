/** What was measured, before anybody judges it or writes it down. Microseconds of CPU, KiB and MiB of memory, milliseconds. */
import type { Row } from './rows.ts';
import type { Run } from './stage.ts';

/** One contender in one row; a value for each round, in the order of the rounds. */
export interface Cost {
  readonly contender: string;
  /** CPU for one unit. */
  readonly perUnit: readonly number[];
  /** Units in a second. */
  readonly speed: readonly number[];
  /** Shares of a core; medians over the rounds. */
  readonly busy: Run['busy'];
}

export interface CostTable {
  readonly row: Row;
  readonly costs: readonly Cost[];
}

/** What sessions that do nothing cost: KiB for each, when so many are there. */
export interface Memory {
  readonly contender: string;
  readonly readings: readonly { readonly sessions: number; readonly perSession: number }[];
}

/** The same thing at two sizes. */
export interface Growth {
  readonly what: string;
  readonly contender: string;
  readonly unit: string;
  readonly small: { readonly size: string; readonly cost: number };
  readonly large: { readonly size: string; readonly cost: number };
  /** Large to small, in each round. */
  readonly ratios: readonly number[];
}

/** MiB above what was there before a FETCH of 1 GiB began, at the highest. */
export interface Hoard {
  readonly contender: string;
  readonly reader: 'does not read' | 'reads slowly';
  readonly peak: number;
}

/** Round trips of one session's NOOP while another makes trouble. */
export interface Fairness {
  readonly contender: string;
  readonly trouble: string;
  readonly idle: { readonly p50: number; readonly p99: number };
  readonly troubled: { readonly p50: number; readonly p99: number };
  /** p99 above the same round's p99 without trouble. */
  readonly above: number;
  /** How often the trouble was made in a round. */
  readonly times: number;
}

export interface Start {
  readonly contender: string;
  readonly milliseconds: number;
  readonly slowest: number;
}

export interface Results {
  readonly costs: readonly CostTable[];
  readonly memory: readonly Memory[];
  readonly growth: readonly Growth[];
  readonly hoards: readonly Hoard[];
  readonly fairness: readonly Fairness[];
  readonly starts: readonly Start[];
}
