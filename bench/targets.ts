/** What was to be reached (the table in README.md), and whether it was. Only the build under test is judged. */
import { nameOf, own, type Script } from './field.ts';
import { type RowName, rowNames } from './options.ts';
import type { Cost, Memory, Results } from './results.ts';
import { median, ratio } from './statistics.ts';

export interface Verdict {
  readonly row: RowName;
  readonly target: string;
  /** What was reached, as a person reads it. */
  readonly reached: string;
  /** Left out: with whom it is to be compared was not there. */
  readonly met?: boolean;
}

const PIPE = 'bare pipe';
const NGINX = 'nginx mail';
const DOVECOT = 'Dovecot proxy';

/** A verdict for each target whose row was measured. */
export function judge(results: Results): Verdict[] {
  const verdicts = [...judgeCosts(results), ...judgeMemory(results), ...judgeRest(results)];
  return verdicts.sort((a, b) => rowNames.indexOf(a.row) - rowNames.indexOf(b.row));
}

type Quantity = 'perUnit' | 'speed';

function judgeCosts({ costs }: Results): Verdict[] {
  const verdicts: Verdict[] = [];
  const find = (row: RowName, contender: string): Cost | undefined =>
    costs.find((table) => table.row.name === row)?.costs.find((cost) => cost.contender === contender);

  const compare = (row: RowName, script: Script, limit: Limit, other: string, quantity: Quantity): void => {
    const ours = find(row, nameOf(own, script));
    if (ours === undefined) return;
    const theirs = find(row, other);
    const what = quantity === 'speed' ? 'speed' : 'CPU';
    const target = `${nameOf(own, script)}: ${what} ${words(limit)} × ${other}`;
    verdicts.push(
      theirs === undefined
        ? { row, target, reached: `${other} was not there` }
        : verdict(row, target, ratio(ours[quantity], theirs[quantity]), limit, ' ×'),
    );
  };

  compare('session', 'none', { most: 1.15 }, PIPE, 'perUnit');
  compare('session', 'none', { below: 1 }, DOVECOT, 'perUnit');
  compare('session', 'imap4', { most: 1.35 }, PIPE, 'perUnit');
  for (const script of ['none', 'imap4'] as const) {
    compare('fetch', script, { most: 1.05 }, PIPE, 'perUnit');
    compare('fetch', script, { most: 1 }, NGINX, 'perUnit');
    compare('fetch', script, { least: 5 }, NGINX, 'speed');
    compare('fetch', script, { least: 0.9 }, PIPE, 'speed');
    compare('command', script, { most: 1.2 }, PIPE, 'perUnit');
    compare('command', script, { below: 1 }, DOVECOT, 'perUnit');
    compare('append', script, { most: 1.1 }, PIPE, 'perUnit');
  }
  compare('list', 'none', { most: 2 }, PIPE, 'perUnit');
  const hiding = find('list', nameOf(own, 'tenth'));
  if (hiding !== undefined) {
    const limit = { most: 3.5 };
    const target = `${hiding.contender}: CPU a folder ${words(limit)} µs, all threads`;
    verdicts.push(
      verdict(
        'list',
        target,
        ratio(
          hiding.perUnit,
          hiding.perUnit.map(() => 1),
        ),
        limit,
        ' µs',
      ),
    );
  }
  return verdicts;
}

function judgeMemory({ memory }: Results): Verdict[] {
  const verdicts: Verdict[] = [];
  const last = (contender: string): number | undefined =>
    memory.find((one) => one.contender === contender)?.readings.at(-1)?.perSession;
  for (const script of ['none', 'imap4'] as const) {
    const name = nameOf(own, script);
    const ours = memory.find(({ contender }) => contender === name);
    const limits = [
      { other: PIPE, limit: { most: 1.25 } },
      { other: DOVECOT, limit: { below: 1 } },
    ];
    for (const { other, limit } of limits) {
      if (ours === undefined) continue;
      const target = `${name}: memory a session ${words(limit)} × ${other}`;
      const theirs = last(other);
      verdicts.push(
        theirs === undefined
          ? { row: 'idle', target, reached: `${other} was not there` }
          : verdict('idle', target, (last(name) ?? Number.NaN) / theirs, limit, ' ×'),
      );
    }
    if (ours !== undefined) verdicts.push(...memoryGrowth(ours));
  }
  return verdicts;
}

function memoryGrowth({ contender, readings }: Memory): Verdict[] {
  const large = readings.at(-1);
  if (large === undefined) return [];
  return readings.slice(0, -1).map((small) => {
    const limit = { most: 1.2 };
    const target = `${contender}: memory a session, ${large.sessions} to ${small.sessions} sessions, ${words(limit)} ×`;
    return verdict('growth', target, large.perSession / small.perSession, limit, ' ×');
  });
}

function judgeRest({ growth, hoards, fairness, starts }: Results): Verdict[] {
  const isOurs = ({ contender }: { readonly contender: string }): boolean =>
    (['none', 'imap4', 'tenth', 'loops'] as const).some((script) => nameOf(own, script) === contender);
  /** Without a script, a long list is what it is for the bare pipe: the machine's. */
  const hasScript = ({ contender }: { readonly contender: string }): boolean =>
    (['tenth', 'loops'] as const).some((script) => nameOf(own, script) === contender);
  const factor = { most: 1.2 };
  const heap = { below: 16 };
  const late = { most: 5 };
  const soon = { below: 400 };
  return [
    ...growth.filter(isOurs).map(({ what, contender, small, large, ratios }) => {
      const target = `${contender}: CPU of ${what}, ${large.size} to ${small.size}, ${words(factor)} ×`;
      return verdict('growth', target, median(ratios), factor, ' ×');
    }),
    ...hoards.filter(isOurs).map(({ contender, reader, peak }) => {
      const target = `${contender}: memory for a FETCH of 1 GiB by a client that ${reader} ${words(heap)} MiB`;
      return verdict('growth', target, peak, heap, ' MiB');
    }),
    ...fairness.filter(hasScript).map(({ contender, trouble, above }) => {
      const target = `${contender}: p99 of NOOP while ${trouble} ${words(late)} ms above idle`;
      return verdict('fairness', target, above, late, ' ms');
    }),
    ...starts.filter(isOurs).map(({ contender, milliseconds }) => {
      const target = `${contender}: first greeting ${words(soon)} ms`;
      return verdict('start', target, milliseconds, soon, ' ms');
    }),
  ];
}

type Limit = { readonly most: number } | { readonly least: number } | { readonly below: number };

function words(limit: Limit): string {
  if ('most' in limit) return `at most ${limit.most}`;
  return 'least' in limit ? `at least ${limit.least}` : `below ${limit.below}`;
}

function verdict(row: RowName, target: string, reached: number, limit: Limit, unit: string): Verdict {
  const met =
    'most' in limit
      ? reached <= limit.most
      : 'least' in limit
        ? reached >= limit.least
        : reached < limit.below;
  return { row, target, reached: `${reached.toFixed(reached >= 100 ? 0 : 2)}${unit}`, met };
}
