/** What those who serve tell of themselves when the admin port is asked, from this process or from every worker. */
import type { HookError } from '../hooks/hook-host.ts';
import type { Figures } from '../observe/metrics.ts';

export interface Report {
  /** Of each process; nothing where no metrics are wanted. */
  readonly figures: readonly Figures[];
  /** What went wrong in the script, the latest first. */
  readonly errors: readonly HookError[];
  /** How many have answered, and how often one was replaced that ended unasked. */
  readonly processes: { readonly up: number; readonly restarts: number };
}

/** The errors of several processes, each distinct one once. */
export function joinedErrors(all: readonly HookError[]): HookError[] {
  const joined = new Map<string, HookError>();
  for (const error of all) {
    const key = `${error.call} ${error.place}`;
    const known = joined.get(key);
    const [latest, other] = known === undefined || error.last > known.last ? [error, known] : [known, error];
    joined.set(key, {
      ...latest,
      count: latest.count + (other?.count ?? 0),
      first: Math.min(latest.first, other?.first ?? latest.first),
    });
  }
  return [...joined.values()].sort((a, b) => b.last - a.last);
}
