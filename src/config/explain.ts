/**
 * From what the schema found to what the operator reads: our sentence, the line and the column. One mistake in
 * the file is one line of output, so that the count of lines is the count of things to mend.
 */
import type { z } from 'zod';
import { type ConfigFault, formatPath } from './fault.ts';
import { nearestWord } from './nearest-word.ts';
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

function isSettled(path: Path, source: Source, settled: ReadonlySet<string>): boolean {
  if (settled.has(`${formatPath(path)}=`)) return true;
  if (source.valueAt(path) !== undefined) return false;
  return path.some((_, index) => settled.has(formatPath(path.slice(0, index + 1))));
}
