/** Counters that alerts ask about are there before anything happened: what is born with its first event never rose. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createServingMetrics, exposition } from '../../src/observe/metrics.ts';

const nothing = {
  bytesFromClient: 0,
  bytesFromUpstream: 0,
  commands: 0,
  commandsRefused: 0,
  foldersHidden: 0,
};
const serving = () =>
  createServingMetrics({ traffic: () => nothing, upstreams: () => [], hasLostStore: () => false });

const fromTheStart = [
  'imapveil_logins_total{result="ok",mechanism="other"}',
  'imapveil_logins_total{result="failed",mechanism="other"}',
  'imapveil_logins_total{result="refused",mechanism="other"}',
  'imapveil_session_ends_total{cause="internal-error"}',
  'imapveil_refusals_total{reason="too-many-connections"}',
];

test('what alerts ask about is 0 from the start', async () => {
  const { text } = await exposition([await serving().read()]);
  for (const name of fromTheStart) assert.ok(text.includes(`\n${name} 0\n`), name);
});

test('deadlines that were missed are 0 from the first answer of the function', async () => {
  const metrics = serving();
  metrics.hookAnswered('DoListResult', 2, 0, 0.001);
  const { text } = await exposition([await metrics.read()]);
  assert.ok(text.includes('\nimapveil_hook_deadlines_missed_total{function="DoListResult"} 0\n'), text);
});

test('of several processes each event is counted once', async () => {
  const [one, other, idle] = [serving(), serving(), serving()];
  one.sessionEnded(143, 'internal-error', 1);
  one.login('ok', 'PLAIN');
  other.login('ok', undefined);
  one.login('failed', 'NONSENSE');
  other.login('failed', undefined);
  other.refused('too-many-connections');
  const figures = await Promise.all([one, other, idle].map((metrics) => metrics.read()));
  const { text } = await exposition(figures);
  const counts = fromTheStart.map((name) => {
    const line = text.split('\n').find((each) => each.startsWith(`${name} `));
    return Number(line?.slice(name.length));
  });
  assert.deepEqual(counts, [1, 2, 0, 1, 1]);
  assert.ok(text.includes('\nimapveil_logins_total{result="ok",mechanism="PLAIN"} 1\n'));
});
