/** What several workers tell, when they answer late, not at all, or die in between. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as metrics from '../../src/observe/metrics.ts';
import type { Report } from '../../src/process/report.ts';
import { WorkerReports } from '../../src/process/worker-reports.ts';

const none = { bytesFromClient: 0, bytesFromUpstream: 0, commands: 0, commandsRefused: 0, foldersHidden: 0 };

/** A worker that has so many sessions and counts them as begun; what it is sent is counted. */
async function workerWith(sessions: number) {
  const figures = metrics.createServingMetrics({
    traffic: () => none,
    upstreams: () => [],
    hasLostStore: () => false,
  });
  for (let at = 0; at < sessions; at++) figures.sessionBegan(143);
  const report: Report = { figures: [await figures.read()], errors: [], processes: { up: 1, restarts: 0 } };
  const worker = { asked: 0, report, send: () => void worker.asked++ };
  return worker;
}

const told = async (report: Report): Promise<string> => (await metrics.exposition(report.figures)).text;
const reports = (): WorkerReports => new WorkerReports(async () => metrics);

test('who asks while an answer is on its way gets that one, and no worker is asked twice', async () => {
  const asked = reports();
  const worker = await workerWith(2);
  const both = Promise.all([asked.of([worker]), asked.of([worker])]);
  await Promise.resolve();
  await Promise.resolve();
  asked.hear(worker, worker.report);
  const [one, other] = await both;
  assert.equal(worker.asked, 1);
  assert.equal(one, other);
  assert.deepEqual(one.processes, { up: 1, restarts: 0 });
});

test('what the dead have counted stays counted, however many there were and whenever they died', async () => {
  const asked = reports();
  for (let died = 0; died < 5; died++) {
    const [living, dying] = [await workerWith(1), await workerWith(2)];
    const answer = asked.of([living, dying]);
    await Promise.resolve();
    await Promise.resolve();
    asked.hear(dying, dying.report);
    // It dies behind its answer, while the other is still awaited.
    asked.forget(dying);
    asked.hear(living, living.report);
    const text = await told(await answer);
    assert.match(text, new RegExp(`^imapveil_sessions_total\\{port="143"\\} ${3 * died + 3}$`, 'm'));
    assert.match(text, /^imapveil_sessions\{port="143"\} 1$/m, 'gauges are those of the living');
    asked.forget(living);
  }
});
