/** The words behind `npm run bench --`. A word that is not understood is a fault: nobody waits 15 minutes for a typing error. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export const rowNames = [
  'session',
  'fetch',
  'command',
  'list',
  'append',
  'idle',
  'growth',
  'fairness',
  'start',
] as const;

export type RowName = (typeof rowNames)[number];

export type Call =
  | { readonly kind: 'help' }
  | { readonly kind: 'fault'; readonly sentence: string }
  | { readonly kind: 'profile'; readonly row: RowName }
  | {
      readonly kind: 'measure';
      readonly pace: 'full' | 'quick';
      readonly rows: readonly RowName[];
      /** The main.js of other builds, absolute paths. */
      readonly against: readonly string[];
    };

export const usage = `npm run bench -- [--quick] [--only ROW,ROW] [--against PATH]... | --profile ROW | --help

  --quick          about two minutes: fewer rounds, a share of the work, 1,000 idle sessions
  --only ROWS      only these rows, with commas between them: ${rowNames.join(', ')}
  --against PATH   another build of imapveil as a contender, by its dist/cli/main.js; may be repeated
  --profile ROW    no measurement: runs one row against imapveil under Node's profiler, prints the 25
                   functions that took the most time, and keeps the profiles in bench/profiles/

A whole run, without any of these, takes less than 15 minutes and writes bench/results.md; the others only print.
`;

/** Reads the words of the call. Paths are relative to `folder`. */
export function readCall(words: readonly string[], folder: string): Call {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(words);
  } catch (error) {
    return { kind: 'fault', sentence: error instanceof Error ? error.message : String(error) };
  }
  if (values.help) return { kind: 'help' };
  const only = values.only?.flatMap((list) => list.split(',')).map((name) => name.trim()) ?? rowNames;
  const profiled = values.profile === undefined ? [] : [values.profile];
  const unknown = [...only, ...profiled].find((name) => !isRow(name));
  if (unknown !== undefined) {
    return { kind: 'fault', sentence: `"${unknown}" is no row; the rows are ${rowNames.join(', ')}` };
  }
  const [row] = profiled.filter(isRow);
  if (row !== undefined) {
    if (!values.quick && !values.only && !values.against) return { kind: 'profile', row };
    return { kind: 'fault', sentence: '--profile stands alone: it runs one row and measures nothing' };
  }
  const against = (values.against ?? []).map((path) => resolve(folder, path));
  const absent = against.find((path) => !existsSync(path));
  if (absent !== undefined) return { kind: 'fault', sentence: `--against: there is no file ${absent}` };
  const rows = rowNames.filter((name) => only.includes(name));
  return { kind: 'measure', pace: values.quick ? 'quick' : 'full', rows, against };
}

function parse(words: readonly string[]) {
  return parseArgs({
    args: [...words],
    options: {
      quick: { type: 'boolean' },
      only: { type: 'string', multiple: true },
      against: { type: 'string', multiple: true },
      profile: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  }).values;
}

function isRow(name: string): name is RowName {
  return (rowNames as readonly string[]).includes(name);
}
