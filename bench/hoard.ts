/** What the product keeps in memory for a reader that takes a message slower than the server gives it. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Build, entrantOf } from './field.ts';
import type { Job } from './load.ts';
import { familyOf, memoryOf } from './measure.ts';
import type { Say } from './progress.ts';
import type { Hoard } from './results.ts';
import type { Stage } from './stage.ts';

const GIB = 1024 ** 3;
/** Bytes without which a slow reader has not read at all. */
const LEAST = 1024 ** 2;
const readers = [
  { reader: 'does not read', kind: 'unread', milliseconds: 3000 },
  { reader: 'reads slowly', kind: 'slow', milliseconds: 4000 },
] as const;

/** Each reader meets a process that was started for it, and logs in before the first reading. */
export async function measureHoards(stage: Stage, build: Build, say: Say): Promise<Hoard[]> {
  const hoards: Hoard[] = [];
  for (const { reader, kind, milliseconds } of readers) {
    say(`growth: FETCH of 1 GiB by a client that ${reader}, ${build.name}`);
    const contender = await stage.enter(entrantOf(build, 'none'));
    const job = { kind, port: contender.port, bytes: GIB };
    const peak = (await peakDuring(stage, contender.pid, job, milliseconds)) / 1024;
    hoards.push({ contender: contender.name, reader, peak });
    await stage.leave(contender);
  }
  return hoards;
}

/** KiB at the highest above what was there just before, looked at again and again. */
async function peakDuring(stage: Stage, pid: number, job: Job, milliseconds: number): Promise<number> {
  const { clients } = stage;
  await clients.prepare(job);
  const before = memoryOf(familyOf(pid));
  const over = clients.start();
  let highest = before;
  for (const end = Date.now() + milliseconds; Date.now() < end; await pause(20)) {
    highest = Math.max(highest, memoryOf(familyOf(pid)));
  }
  clients.finish();
  const { samples } = await over;
  await clients.cleared();
  if (samples.some((bytes) => bytes < LEAST)) throw new Error(`the slow reader got only ${samples} bytes`);
  return highest - before;
}
