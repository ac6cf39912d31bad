/**
 * The rows that every contender runs. All of them stand at the same time, and each round lets each of them run
 * once, in another order than the round before: what the machine does meanwhile happens to all. And each takes part
 * with more than one process, for Node never compiles two of them alike.
 */
import type { Contender, Entrant } from './contenders/contender.ts';
import type { Field } from './field.ts';
import { entrantOf } from './field.ts';
import type { Say } from './progress.ts';
import type { Cost, CostTable } from './results.ts';
import { type Row, rows } from './rows.ts';
import type { Scale } from './scale.ts';
import type { Run, Stage } from './stage.ts';
import { median } from './statistics.ts';

/** Runs those rows whose names are wanted. */
export async function measureCosts(
  stage: Stage,
  field: Field,
  wanted: readonly string[],
  scale: Scale,
  say: Say,
): Promise<CostTable[]> {
  const chosen = rows(scale.share).filter((row) => wanted.includes(row.name));
  if (chosen.length === 0) return [];
  const entrants = [
    ...field.builds.flatMap((build) => [entrantOf(build, 'none'), entrantOf(build, 'imap4')]),
    ...field.others,
  ];
  const runs = new Map(chosen.map((row) => [row, new Map<string, Run[]>()]));
  for (let cast = 1; cast <= scale.casts; cast++) {
    const standing = await enterAll(stage, cast % 2 === 1 ? entrants : entrants.toReversed());
    for (const [row, known] of runs) {
      const besides = row.name === 'list' ? field.builds.map((build) => entrantOf(build, 'tenth')) : [];
      const only = await enterAll(stage, besides);
      const sayRound = (round: string): void => say(`${row.name}: cast ${cast} of ${scale.casts}, ${round}`);
      await runRow(stage, [...standing, ...only], row, scale.rounds, known, sayRound);
      await leaveAll(stage, only);
    }
    await leaveAll(stage, standing);
  }
  return [...runs].map(([row, known]) => ({ row, costs: costsOf(row, known) }));
}

/** Adds to `runs`, by the names of the contenders. */
async function runRow(
  stage: Stage,
  contenders: readonly Contender[],
  row: Row,
  rounds: number,
  runs: Map<string, Run[]>,
  say: Say,
): Promise<void> {
  for (const { name } of contenders) if (!runs.has(name)) runs.set(name, []);
  for (let run = 0; run < row.warmUps + rounds; run++) {
    const round = run - row.warmUps + 1;
    say(round > 0 ? `round ${round} of ${rounds}` : 'warm-up');
    const first = run % contenders.length;
    for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
      if (!contender.compiles && round < 0) continue;
      const cost = await stage.run(contender, (round > 0 ? row.job : row.warmUp)(contender.port));
      if (round > 0) runs.get(contender.name)?.push(cost);
    }
  }
}

function costsOf(row: Row, runs: ReadonlyMap<string, readonly Run[]>): Cost[] {
  return [...runs].map(([contender, all]) => ({
    contender,
    perUnit: all.map(({ cpu }) => cpu / row.units),
    speed: all.map(({ seconds }) => row.units / seconds),
    busy: {
      proxy: median(all.map(({ busy }) => busy.proxy)),
      load: median(all.map(({ busy }) => busy.load)),
      upstream: median(all.map(({ busy }) => busy.upstream)),
    },
  }));
}

async function enterAll(stage: Stage, entrants: readonly Entrant[]): Promise<Contender[]> {
  const entered: Contender[] = [];
  for (const entrant of entrants) entered.push(await stage.enter(entrant));
  return entered;
}

async function leaveAll(stage: Stage, contenders: readonly Contender[]): Promise<void> {
  for (const contender of contenders) await stage.leave(contender);
}
