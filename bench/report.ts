/** The result as one page: what falls short first, then every target, then the figures they were judged by. */

import { busyPart } from './busy.ts';
import { otherCores } from './child.ts';
import type { CostTable, Results } from './results.ts';
import { median, ratio } from './statistics.ts';
import { byContender, figure, table } from './tables.ts';
import type { Verdict } from './targets.ts';

/** Where, when and with what it was measured. */
export interface Circumstances {
  readonly date: string;
  readonly machine: string;
  readonly pace: 'full' | 'quick';
  readonly versions: readonly string[];
  readonly leftOut: readonly string[];
  /** Sentences about what the measurement itself could not do. */
  readonly troubles: readonly string[];
}

/** Markdown, which also reads well on a terminal. */
export function report(results: Results, verdicts: readonly Verdict[], about: Circumstances): string {
  const parts = [
    head(about),
    shortfalls(verdicts),
    section(
      'Targets',
      verdicts,
      table(
        ['row', 'target', 'reached', 'ok'],
        verdicts.map(({ row, target, reached, met }) => [row, target, reached, okay(met)]),
        'words',
      ),
    ),
    ...costParts(results.costs),
    memoryPart(results),
    growthPart(results),
    fairnessPart(results),
    startPart(results),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function head({ date, machine, pace, versions, leftOut, troubles }: Circumstances): string {
  const quick =
    '\n\nA quick run, to compare two builds: with so few sessions and rounds a missed target says little.';
  const list = (title: string, items: readonly string[]): string =>
    items.length === 0 ? '' : `\n\n${title}\n\n${items.map((item) => `- ${item}`).join('\n')}`;
  return (
    `# What imapveil costs\n\nMeasured on ${date} by \`npm run bench\` (README.md says how and how to read it).` +
    (pace === 'quick' ? quick : '') +
    `\n\n${machine}` +
    list('Versions:', versions) +
    list('Left out:', leftOut) +
    list('What went wrong while measuring:', troubles)
  );
}

function shortfalls(verdicts: readonly Verdict[]): string {
  const missed = verdicts.filter(({ met }) => met === false);
  const judged = verdicts.filter(({ met }) => met !== undefined).length;
  if (judged === 0) return '';
  if (missed.length === 0) return `## What falls short\n\nNothing: all of the ${judged} targets are met.`;
  const lines = missed.map(({ row, target, reached }) => `- ${row}: ${target}; reached ${reached}`);
  const reasons = 'The reasons, with profiles, are in [README.md](README.md#what-falls-short).';
  return `## What falls short\n\n${missed.length} of ${judged} targets are missed. ${reasons}\n\n${lines.join('\n')}`;
}

function okay(met: boolean | undefined): string {
  return met === undefined ? 'not measured' : met ? 'yes' : 'NO';
}

function section(title: string, content: readonly unknown[], text: string): string {
  return content.length === 0 ? '' : `## ${title}\n\n${text}`;
}

function costParts(costs: readonly CostTable[]): string[] {
  const perUnit = costs.map(({ row, costs: all }) => {
    const pipe = all.find(({ contender }) => contender === 'bare pipe');
    const cell = (values: readonly number[]): string => {
      const times = pipe === undefined ? '' : ` (${ratio(values, pipe.perUnit).toFixed(2)})`;
      return figure(median(values)) + times;
    };
    const cells = new Map(all.map((cost) => [cost.contender, cell(cost.perUnit)]));
    return { title: `${row.name}, µs a ${row.unit}`, cells };
  });
  const speeds = costs.map(({ row, costs: all }) => ({
    title: `${row.name}, ${row.unit === 'MiB' ? 'MiB/s' : `${row.unit}s/s`}`,
    cells: new Map(all.map((cost) => [cost.contender, figure(median(cost.speed))])),
  }));
  const rows = costs.map(({ row }) => `- ${row.name}: ${row.what}`).join('\n');
  return [
    section(
      'CPU',
      costs,
      `CPU time of the contender's own processes for one unit; in parentheses, how many times that of the bare pipe.\n\n${rows}\n\n${byContender('row', perUnit)}`,
    ),
    section('Speed', costs, `What the whole chain gives.\n\n${byContender('row', speeds)}`),
    section('Who was busy', costs, busyPart(costs, otherCores)),
  ];
}

function memoryPart({ memory }: Results): string {
  const sizes = [...new Set(memory.flatMap(({ readings }) => readings.map(({ sessions }) => sessions)))];
  const rows = sizes
    .sort((a, b) => a - b)
    .map((size) => ({
      title: `${size} sessions`,
      cells: new Map(
        memory.flatMap(({ contender, readings }): [string, string][] => {
          const reading = readings.find(({ sessions }) => sessions === size);
          return reading === undefined ? [] : [[contender, figure(reading.perSession)]];
        }),
      ),
    }));
  const text = 'KiB for each session that is logged in and idle, above what the processes had before.';
  return section('Memory', memory, `${text}\n\n${byContender('idle', rows)}`);
}

function growthPart({ growth, hoards }: Results): string {
  const costs = table(
    ['contender', 'what', 'smaller', 'µs', 'larger', 'µs', 'larger to smaller', 'in single rounds'],
    growth.map(({ contender, what, unit, small, large, ratios }) => [
      contender,
      `${what}, a ${unit}`,
      small.size,
      figure(small.cost),
      large.size,
      figure(large.cost),
      median(ratios).toFixed(2),
      `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
    ]),
    'words',
  );
  const memory = table(
    ['contender', 'client', 'MiB above idle'],
    hoards.map(({ contender, reader, peak }) => [contender, reader, figure(peak)]),
    'words',
  );
  return section(
    'Growth',
    growth,
    `${costs}\n\nMemory while a message of 1 GiB waits for its reader:\n\n${memory}`,
  );
}

function fairnessPart({ fairness }: Results): string {
  const rows = fairness.map(({ contender, trouble, idle, troubled, above, times }) => [
    contender,
    trouble,
    ...[idle.p50, idle.p99, troubled.p50, troubled.p99, above].map(figure),
    figure(times),
  ]);
  const titles = ['p50 idle', 'p99 idle', 'p50', 'p99', 'p99 above idle', 'times'];
  const text =
    'Milliseconds that a NOOP of one session takes: with nobody else there, and while another session makes trouble, so many times in a round. Nobody is kept to a core here.';
  return section(
    'Fairness',
    fairness,
    `${text}\n\n${table(['contender', 'while', ...titles], rows, 'words')}`,
  );
}

function startPart({ starts }: Results): string {
  const rows = starts.map(({ contender, milliseconds, slowest }) => [
    contender,
    figure(milliseconds),
    figure(slowest),
  ]);
  const text = 'Milliseconds from the call of `imapveil run` to the first byte of the greeting.';
  return section('Start', starts, `${text}\n\n${table(['contender', 'median', 'slowest'], rows)}`);
}
