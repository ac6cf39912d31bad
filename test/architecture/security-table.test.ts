/** docs/security.md names tests; each of them must exist, and every row that we know must have one or a reason. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { root } from '../support/cases.ts';

const table = readFileSync(new URL('docs/security.md', root), 'utf8');
const rows = table.split('\n').filter((line) => /^\| [PAL]\d/.test(line));

test('every test that docs/security.md names exists', () => {
  const missing: string[] = [];
  for (const row of rows) {
    for (const [, path, name] of row.matchAll(/`(test\/[^`]+)` › ([^|<]*)/g)) {
      const file = new URL(path!, root);
      const text = existsSync(file) ? readFileSync(file, 'utf8').replaceAll("\\'", "'") : undefined;
      if (text === undefined || !text.includes(name!.trim())) missing.push(`${path} › ${name}`);
    }
  }
  assert.deepEqual(missing, []);
});

test('every row has a test or a reason', () => {
  const expected = [
    ...Array.from({ length: 31 }, (_, at) => `P${at + 1}`),
    ...['A1', 'A3', 'A4', 'A5', 'A6', 'A7', 'A8', 'A9', 'A10', 'A12', 'A14', 'A15', 'A16'],
    ...['L1', 'L2', 'L4', 'L5', 'L5b', 'L6', 'L7', 'L8', 'L10'],
  ];
  const named = new Set(rows.flatMap((row) => row.split('|')[1]!.trim().split(', ')));
  assert.deepEqual(
    expected.filter((row) => !named.has(row)),
    [],
  );
  for (const row of rows) assert.ok(row.split('|')[3]!.trim() !== '', row);
});
