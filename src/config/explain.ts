/**
 * From what the schema found to what the operator reads: our sentence, the line and the column. One mistake in
 * the file is one line of output, so that the count of lines is the count of things to mend.
 */
import type { z } from 'zod';
import { type ConfigFault, formatPath } from './fault.ts';
import { knownKeys } from './schema.ts';
import type { Path, Source } from './source.ts';

/** Every issue as a fault with its place, in no particular order. */
export function explain(issues: readonly z.core.$ZodIssue[], source: Source): ConfigFault[] {
  const faults: ConfigFault[] = [];
  const settled = new Set<string>();

  for (const issue of issues) {
    if (issue.code !== 'unrecognized_keys') continue;
    for (const key of issue.keys) {
      const known = knownKeys(issue.path);
      const nearest = nearestWord(key, known);
      const hint = nearest === undefined ? `known here: ${known.join(', ')}` : `did you mean "${nearest}"?`;
      faults.push(source.faultAtKey(issue.path, key, `unknown key ${JSON.stringify(key)}; ${hint}`));
      // A key that is there under a slip of the pen is not also missing.
      if (nearest !== undefined) settled.add(formatPath([...issue.path, nearest]));
    }
  }

  for (const issue of issues) {
    if (issue.code === 'unrecognized_keys' || isSettled(issue.path, source, settled)) continue;
    // A value that is wrong in two ways is named once, by the first.
    settled.add(`${formatPath(issue.path)}=`);
    const message =
      source.valueAt(issue.path) === null ? 'has no value; give it one or remove the key' : issue.message;
    faults.push(source.faultAt(issue.path, message));
  }
  return faults;
}

/** The word that someone most likely meant, or undefined when none is near. */
export function nearestWord(written: string, known: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let least = Math.max(1, Math.min(3, Math.floor(written.length / 2))) + 1;
  for (const word of known) {
    const distance = editDistance(written.toLowerCase(), word.toLowerCase());
    if (distance < least) [nearest, least] = [word, distance];
  }
  return nearest;
}

function isSettled(path: Path, source: Source, settled: ReadonlySet<string>): boolean {
  if (settled.has(`${formatPath(path)}=`)) return true;
  if (source.valueAt(path) !== undefined) return false;
  return path.some((_, index) => settled.has(formatPath(path.slice(0, index + 1))));
}

/** Letters to insert, remove, replace or swap with their neighbour to get from one word to the other. */
function editDistance(from: string, to: string): number {
  // Nothing that long is a slip of the pen, and the table below would be large.
  if (from.length > 64) return from.length;
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped =
        row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    [beforeLast, last] = [last, current];
  }
  return last[to.length] ?? 0;
}
