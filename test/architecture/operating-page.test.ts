/**
 * docs/operating.md is where an operator looks up the cause of a session's end: it has every code that the log can
 * have and no other, with the level that the log gives it, and names no key that proxy.yaml does not have.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Summary } from '../../src/net/connection-events.ts';
import type { Log } from '../../src/observe/log.ts';
import { connectionEvents } from '../../src/process/events.ts';
import type { EndCode } from '../../src/session/effect.ts';
import { root } from '../support/cases.ts';

const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const page = read('docs/operating.md');

/** The rows of the table of causes: the code, and the level that the page gives it. */
const rows = [...page.matchAll(/^\| `([a-z-]+)` \| (info|warn) \|/gm)].map(([, code, level]) => ({
  code,
  level,
}));

/** The codes of the union in the source; a type leaves nothing behind that could be asked. */
function codes(): string[] {
  const union = /export type EndCode =([^;]+);/.exec(read('src/session/effect.ts'))?.[1] ?? '';
  return [...union.matchAll(/'([a-z-]+)'/g)].map((match) => match[1]!);
}

test('every cause of a session’s end has one row, and no row is of another cause', () => {
  assert.ok(codes().length > 20);
  assert.deepEqual(rows.map((row) => row.code).sort(), codes().sort());
});

test('each row has the level at which the log has the line', () => {
  assert.deepEqual(
    rows.map((row) => row.level),
    rows.map((row) => levelOf(row.code as EndCode)),
  );
});

test('keys of proxy.yaml that the page names are in docs/configuration.md', () => {
  const known = read('docs/configuration.md');
  const named = page.matchAll(/`((?:listen|tls|upstream|hooks|refuse|limits|log|admin)\.[A-Za-z.]+)/g);
  const unknown = [...named].map((match) => match[1]!).filter((key) => !known.includes(`| \`${key}\` |`));
  assert.deepEqual(unknown, []);
});

/** What the log says of a session that ended with this code. */
function levelOf(code: EndCode): string {
  let level = 'nothing';
  const log = { info: () => (level = 'info'), warn: () => (level = 'warn') };
  const cause = { code, message: '' };
  const summary = { facts: {}, cause, counts: {} } as unknown as Summary;
  connectionEvents(log as unknown as Log).ended(summary);
  return level;
}
