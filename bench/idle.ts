/**
 * What a session costs that is logged in and does nothing. Each contender is started for it alone, for a process
 * that has worked before holds memory that is no session's.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Clients } from './clients.ts';
import type { Entrant } from './contenders/contender.ts';
import { familyOf, memoryOf } from './measure.ts';
import type { Say } from './progress.ts';
import type { Memory } from './results.ts';
import type { Stage } from './stage.ts';

const SETTLE = 2000;

/** Reads the memory at each of the `sizes`, which rise. Rejects when not all of the sessions still answer at the end. */
export async function measureIdle(
  stage: Stage,
  entrant: Entrant,
  sizes: readonly number[],
  say: Say,
): Promise<Memory> {
  say(`idle: ${sizes.at(-1)} sessions of ${entrant.name}`);
  const contender = await stage.enter(entrant);
  const clients = await Clients.start();
  const readings: Memory['readings'][number][] = [];
  const memory = async (): Promise<number> => {
    await pause(SETTLE);
    return memoryOf(familyOf(contender.pid));
  };
  try {
    const before = await memory();
    let there = 0;
    for (const sessions of sizes) {
      await clients.prepare({ kind: 'idle', port: contender.port, clients: sessions - there });
      there = sessions;
      readings.push({ sessions, perSession: ((await memory()) - before) / sessions });
    }
    const checked = clients.start();
    clients.finish();
    await checked;
    await clients.cleared();
  } catch (error) {
    throw new Error(`${entrant.name} did not hold ${sizes.at(-1)} idle sessions`, { cause: error });
  } finally {
    await clients.stop();
    await stage.leave(contender);
  }
  return { contender: entrant.name, readings };
}

/** The sizes at which the product is read: whether a session costs more where there are many. */
export function sizesUpTo(sessions: number): number[] {
  return [100, 1000, sessions].filter((size, at, all) => size <= sessions && all.indexOf(size) === at);
}
