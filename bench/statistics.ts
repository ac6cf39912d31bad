/** The few numbers that stand for many. Nothing here is given an empty list: whoever measures, measures once at least. */

/** The middle one; of an even number, what lies between the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}

/** The smallest value that at least `share` percent of the values do not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = Math.ceil((share / 100) * sorted.length) - 1;
  return sorted[Math.min(Math.max(rank, 0), sorted.length - 1)] ?? Number.NaN;
}

/** What each round's value is to the same round's value of the other. */
export function ratios(values: readonly number[], others: readonly number[]): number[] {
  return values.map((value, at) => value / (others[at] ?? Number.NaN));
}

/** The median of the ratios of the rounds. */
export function ratio(values: readonly number[], others: readonly number[]): number {
  return median(ratios(values, others));
}
