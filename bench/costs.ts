/**
 * The rows that every contender runs. All of them stand at the same time, and each round lets each of them run
 * once, in another order than the round before: what the machine does meanwhile happens to all.
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
  const standing = await enterAll(stage, entrants);
  const tables: CostTable[] = [];
  for (const row of chosen) {
    const besides = row.name === 'list' ? field.builds.map((build) => entrantOf(build, 'tenth')) : [];
    const only = await enterAll(stage, besides);
    tables.push({ row, costs: await measureRow(stage, [...standing, ...only], row, scale.rounds, say) });
    await leaveAll(stage, only);
  }
  await leaveAll(stage, standing);
  return tables;
}

async function measureRow(
  stage: Stage,
  contenders: readonly Contender[],
  row: Row,
  rounds: number,
  say: Say,
): Promise<Cost[]> {
  const runs = new Map<Contender, Run[]>(contenders.map((contender) => [contender, []]));
  for (let run = 0; run < row.warmUps + rounds; run++) {
    const round = run - row.warmUps + 1;
    say(`${row.name}: ${round > 0 ? `round ${round} of ${rounds}` : 'warm-up'}`);
    const first = run % contenders.length;
    for (const contender of [...contenders.slice(first), ...contenders.slice(0, first)]) {
      const cost = await stage.run(contender, row.job(contender.port));
      if (round > 0) runs.get(contender)?.push(cost);
    }
  }
  return [...runs].map(([{ name }, all]) => ({
    contender: name,
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
