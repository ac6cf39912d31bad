/**
 * Whether a NOOP costs as much where thousands of sessions are as where a hundred are. Each round is held with a new
 * process, for thousands of sessions leave a heap behind in which a hundred cost more than in a new one: the smaller
 * side runs before them and after them, and both are told.
 */
import type { Contender, Entrant } from './contenders/contender.ts';
import type { Job } from './load.ts';
import type { Say } from './progress.ts';
import type { Growth } from './results.ts';
import type { Scale } from './scale.ts';
import type { Stage } from './stage.ts';
import { median, ratios } from './statistics.ts';

const few = 100;
/** Runs of the smaller side before the larger one, and as many after it. */
const around = 2;
/** Runs that do not count, for what is compiled while it runs. */
const warmUps = 2;

interface Costs {
  readonly before: number[];
  readonly many: number[];
  readonly after: number[];
}

export async function measureCrowds(
  stage: Stage,
  entrants: readonly Entrant[],
  { sessions, growth: { crowds, share } }: Scale,
  say: Say,
): Promise<Growth[]> {
  const count = Math.ceil(20_000 * share);
  const all = entrants.map((entrant) => ({ entrant, costs: { before: [], many: [], after: [] } as Costs }));
  for (let round = 1; round <= crowds.most; round++) {
    for (const { entrant, costs } of all) {
      const isNeeded = round === 1 && entrant === entrants[0];
      if (!isNeeded && performance.now() > crowds.until) continue;
      say(`growth: NOOP of ${entrant.name}, round ${round} of at most ${crowds.most}`);
      const contender = await stage.enter(entrant);
      await meanOf(stage, contender, few, count, warmUps);
      costs.before.push(await meanOf(stage, contender, few, count, around));
      costs.many.push(await meanOf(stage, contender, sessions, count, 1));
      costs.after.push(await meanOf(stage, contender, few, count, around));
      await stage.leave(contender);
    }
  }
  const measured = all.filter(({ costs }) => costs.many.length > 0);
  return measured.flatMap(({ entrant: { name }, costs }) => {
    const beside = (when: 'before' | 'after'): Growth => ({
      what: 'NOOP',
      unit: 'command',
      contender: name,
      small: { size: `${few} sessions ${when} them`, cost: median(costs[when]) },
      large: { size: `${sessions} sessions`, cost: median(costs.many) },
      ratios: ratios(costs.many, costs[when]),
    });
    return [beside('before'), beside('after')];
  });
}

/** Microseconds of CPU for a NOOP: the mean of so many runs. */
async function meanOf(
  stage: Stage,
  contender: Contender,
  clients: number,
  count: number,
  runs: number,
): Promise<number> {
  const job: Job = { kind: 'crowd', port: contender.port, clients, count };
  let sum = 0;
  for (let run = 0; run < runs; run++) sum += (await stage.run(contender, job)).cpu;
  return sum / count / runs;
}
