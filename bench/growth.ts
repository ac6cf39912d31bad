/** Whether the same thing costs the same where there is much of it. */
import type { Contender } from './contenders/contender.ts';
import { type Build, entrantOf, type Script } from './field.ts';
import type { Job } from './load.ts';
import type { Say } from './progress.ts';
import type { Growth } from './results.ts';
import type { Scale } from './scale.ts';
import type { Stage } from './stage.ts';
import { median, ratios } from './statistics.ts';

interface Side {
  readonly size: string;
  readonly units: number;
  job(port: number): Job;
}

interface Comparison {
  readonly what: string;
  readonly unit: string;
  readonly script: Script;
  readonly small: Side;
  readonly large: Side;
}

const MIB = 1024 * 1024;

function comparisons({ growth: { share } }: Scale): Comparison[] {
  const many = (size: string, units: number, count: number, command: string): Side => ({
    size,
    units,
    job: (port) => ({ kind: 'commands', port, clients: 1, count, command }),
  });
  // As much on both sides, so that what a run costs besides is the same.
  const lists = Math.ceil(3 * share);
  const folders = lists * 100_000;
  const list = {
    unit: 'folder',
    small: many('1,000 folders', folders, folders / 1000, 'LIST "" 1000'),
    large: many('100,000 folders', folders, lists, 'LIST "" 100000'),
  };
  return [
    { what: 'LIST', script: 'none', ...list },
    { what: 'LIST', script: 'tenth', ...list },
    {
      what: 'FETCH',
      script: 'none',
      unit: 'MiB',
      small: many('bodies of 1 MiB', 1024, 1024, `FETCH ${MIB} BODY[]`),
      large: many('a body of 1 GiB', 1024, 1, `FETCH ${1024 * MIB} BODY[]`),
    },
  ];
}

export async function measureGrowth(stage: Stage, build: Build, scale: Scale, say: Say): Promise<Growth[]> {
  const results: Growth[] = [];
  const standing = new Map<Script, Contender>();
  for (const comparison of comparisons(scale)) {
    const { script } = comparison;
    const contender = standing.get(script) ?? (await stage.enter(entrantOf(build, script)));
    standing.set(script, contender);
    results.push(await compare(stage, contender, comparison, scale.growth.rounds, say));
  }
  for (const contender of standing.values()) await stage.leave(contender);
  return results;
}

async function compare(
  stage: Stage,
  contender: Contender,
  { what, unit, small, large }: Comparison,
  rounds: number,
  say: Say,
): Promise<Growth> {
  const costs: Readonly<Record<'small' | 'large', number[]>> = { small: [], large: [] };
  const costOf = async (side: Side): Promise<number> =>
    (await stage.run(contender, side.job(contender.port))).cpu / side.units;
  say(`growth: ${what} of ${contender.name}, warm-up`);
  await stage.run(contender, small.job(contender.port));
  for (let round = 1; round <= rounds; round++) {
    say(`growth: ${what} of ${contender.name}, round ${round} of ${rounds}`);
    // The smaller side before and after the larger one: a machine that changes its pace meanwhile is no growth.
    const before = await costOf(small);
    costs.large.push(await costOf(large));
    costs.small.push((before + (await costOf(small))) / 2);
  }
  return {
    what,
    unit,
    contender: contender.name,
    small: { size: small.size, cost: median(costs.small) },
    large: { size: large.size, cost: median(costs.large) },
    ratios: ratios(costs.large, costs.small),
  };
}
