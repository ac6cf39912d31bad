/** The fields that docs/logs.md promises, read from its tables. */
import { readFileSync } from 'node:fs';
import { root } from './cases.ts';

export interface DocumentedField {
  readonly name: string;
  readonly type: string;
  readonly optional: boolean;
}

/** The rows of the table under a heading of the second level. */
export function documentedFields(heading: string): readonly DocumentedField[] {
  const page = readFileSync(new URL('docs/logs.md', root), 'utf8');
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
  return [...section.matchAll(/^\| `(\w+)` \| (\w+) \| (optional: )?/gm)].map(([, name, type, optional]) => ({
    name: name!,
    type: type!,
    optional: optional !== undefined,
  }));
}
