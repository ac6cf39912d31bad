/** All rows, one after the other. A row that cannot be measured is named and takes nothing from the others. */
import type { Entrant } from './contenders/contender.ts';
import { measureCosts } from './costs.ts';
import { measureCrowds } from './crowds.ts';
import { measureFairness } from './fairness.ts';
import { entrantOf, type Field } from './field.ts';
import { measureStarts } from './first-greeting.ts';
import { measureGrowth } from './growth.ts';
import { measureHoards } from './hoard.ts';
import { measureIdle, sizesUpTo } from './idle.ts';
import type { RowName } from './options.ts';
import type { Say } from './progress.ts';
import type { Growth, Hoard, Memory, Results } from './results.ts';
import type { Scale } from './scale.ts';
import type { Stage } from './stage.ts';

export interface Outcome {
  readonly results: Results;
  /** Sentences: what could not be measured, and why. */
  readonly troubles: readonly string[];
}

/** Without those who are installed and do not start here (Dovecot does not, unless root starts it), who are named. */
export async function withoutFailing(stage: Stage, field: Field): Promise<Field> {
  const others: Entrant[] = [];
  const leftOut = [...field.leftOut];
  for (const entrant of field.others) {
    try {
      await stage.leave(await stage.enter(entrant));
      others.push(entrant);
    } catch (error) {
      leftOut.push(`${entrant.name} is installed but does not start here: ${sentenceOf(error)}`);
    }
  }
  return { ...field, others, leftOut };
}

export async function measureAll(
  stage: Stage,
  field: Field,
  rows: readonly RowName[],
  scale: Scale,
  say: Say,
): Promise<Outcome> {
  const { builds } = field;
  const troubles: string[] = [];
  /** What could not be measured is an empty list; whom it left standing is ended. */
  const attempt = async <T>(measure: () => Promise<T[]>): Promise<T[]> => {
    try {
      return await measure();
    } catch (error) {
      const sentence = sentenceOf(error);
      troubles.push(sentence);
      say(`failed: ${sentence}`);
      await stage.restart();
      return [];
    }
  };

  const costs = await attempt(() => measureCosts(stage, field, rows, scale, say));
  const memory: Memory[] = [];
  for (const { entrant, sizes } of idleOnes(field, rows, scale)) {
    memory.push(...(await attempt(async () => [await measureIdle(stage, entrant, sizes, say)])));
  }
  const growth: Growth[] = [];
  const hoards: Hoard[] = [];
  for (const build of rows.includes('growth') ? builds : []) {
    growth.push(...(await attempt(() => measureGrowth(stage, build, scale, say))));
    hoards.push(...(await attempt(() => measureHoards(stage, build, say))));
  }
  if (rows.includes('growth'))
    growth.push(...(await attempt(() => measureCrowds(stage, crowded(field), scale, say))));
  const fair = rows.includes('fairness') ? builds : [];
  const fairness = fair.length === 0 ? [] : await attempt(() => measureFairness(stage, fair, scale, say));
  const started = rows.includes('start') ? builds : [];
  const starts = started.length === 0 ? [] : await attempt(() => measureStarts(stage, started, scale, say));
  return { results: { costs, memory, growth, hoards, fairness, starts }, troubles };
}

/** `growth` needs what `idle` measures of the product. */
function idleOnes({ builds, others }: Field, rows: readonly RowName[], scale: Scale) {
  const idle = rows.includes('idle');
  const ours = idle || rows.includes('growth') ? builds : [];
  return [
    ...ours
      .flatMap((build) => [entrantOf(build, 'none'), entrantOf(build, 'imap4')])
      .map((entrant) => ({
        entrant,
        sizes: sizesUpTo(scale.sessions),
      })),
    ...(idle ? others : []).map((entrant) => ({ entrant, sizes: [scale.sessions] })),
  ];
}

/** Builds without a script, for it is not asked about a NOOP, and who shows what the kernel's share of growth is. */
function crowded({ builds, others }: Field): Entrant[] {
  const shown = others.filter(({ name }) => name === 'bare pipe' || name === 'HAProxy TCP');
  return [...builds.map((build) => entrantOf(build, 'none')), ...shown];
}

function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${sentenceOf(error.cause)}`;
}
