/**
 * Turns: something that is done to many sessions is done to one after the other, evenly over a time. A thousand
 * clients that are sent away in one moment come back in one moment, and fall on whoever is left to serve them.
 */

/** Milliseconds between two looks at the clock. */
const TICK = 10;

export interface Pace {
  /** Milliseconds in which all have their turn. */
  readonly within: number;
  /** Turns a second where fewer would do, so that nobody waits for a handful. */
  readonly atLeast: number;
}

/** How many of `total` should have had their turn, `elapsed` milliseconds after the first. */
export function turnsDue(total: number, elapsed: number, { within, atLeast }: Pace): number {
  if (elapsed >= within) return total;
  return Math.min(total, 1 + Math.floor(elapsed * Math.max(atLeast / 1000, total / within)));
}

/** Calls `turn` with each of `all` at that pace, with the first of them at once. Calling the result stops it. */
export function inTurns<T>(all: readonly T[], pace: Pace, turn: (one: T) => void): () => void {
  const began = performance.now();
  let done = 0;
  const advance = (): void => {
    const due = turnsDue(all.length, performance.now() - began, pace);
    while (done < due) turn(all[done++]!);
    if (done === all.length) clearInterval(timer);
  };
  const timer = setInterval(advance, TICK);
  advance();
  return () => {
    clearInterval(timer);
    done = all.length;
  };
}
