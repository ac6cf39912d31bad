/** The few numbers that stand for many. Nothing here is given an empty list: whoever measures, measures once at least. */

/** The middle one; of an even number, the upper of the two in the middle. */
export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** The smallest value that at least `share` percent of the values do not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = share === 50 ? sorted.length >> 1 : Math.ceil((share / 100) * sorted.length) - 1;
  return sorted[Math.min(Math.max(rank, 0), sorted.length - 1)] ?? Number.NaN;
}

/** The median of what each round's value is to the same round's value of the other. */
export function ratio(values: readonly number[], others: readonly number[]): number {
  return median(values.map((value, at) => value / (others[at] ?? Number.NaN)));
}
