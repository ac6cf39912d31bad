/** One row against the product under Node's profiler: where the time goes, by function. */
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Clients } from './clients.ts';
import { checkout, entrantOf, nameOf, own, type Script } from './field.ts';
import type { Job } from './load.ts';
import type { RowName } from './options.ts';
import type { Say } from './progress.ts';
import { rows } from './rows.ts';
import { sourceOf } from './source-of.ts';
import type { Stage } from './stage.ts';
import { figure, table } from './tables.ts';

const SHOWN = 25;
const folder = join(checkout, 'bench', 'profiles');

interface Subject {
  readonly script: Script;
  /** Nothing for a start: it is over when the port listens. */
  readonly job?: (port: number) => Job;
}

/** How much is done under the profiler, in runs of the row: much where the profile is all that is wanted. */
export const alone = 10;
export const besides = 1;

/** The page of the profiles that go with a whole run: of each row in which a target was missed. */
export async function profilePage(stage: Stage, missed: readonly RowName[], say: Say): Promise<string> {
  const parts: string[] = [];
  for (const row of missed) parts.push(await profile(stage, row, besides, say));
  const head = `# Where the time goes in the rows that fall short

Written by \`npm run bench\` behind results.md, for each row with a missed target (README.md says how to read it).`;
  if (parts.length === 0) parts.push('None does: all targets were met.');
  return `${[head, ...parts].join('\n\n')}\n`;
}

/**
 * The profiles of each subject's event loop and, where there is one, of its script's thread, as text; `share` is how
 * much is done, in seconds or so.
 */
export async function profile(stage: Stage, row: RowName, share: number, say: Say): Promise<string> {
  const parts: string[] = [];
  for (const subject of subjects(row, share)) {
    const name = nameOf(own, subject.script);
    say(`profile of ${row}: ${name}`);
    for (const file of await record(stage, row, subject)) {
      parts.push(`## ${row}: ${name}, bench/profiles/${basename(file)}\n\n${await summary(file)}`);
    }
  }
  return parts.join('\n\n');
}

function subjects(row: RowName, share: number): Subject[] {
  // A run of a row is short, so that there are many; alone it would show little but the start of the process.
  const known = rows(3 * share).find(({ name }) => name === row);
  if (known !== undefined) {
    const { job } = known;
    return [{ script: 'none', job }, row === 'list' ? { script: 'tenth', job } : { script: 'imap4', job }];
  }
  switch (row) {
    case 'fairness':
      return [
        { script: 'tenth', job: (port) => ({ kind: 'trouble', port, command: 'LIST "" 100000' }) },
        { script: 'loops', job: (port) => ({ kind: 'trouble', port, command: 'LIST "" Loop' }) },
      ];
    case 'start':
      return [{ script: 'none' }, { script: 'imap4' }];
    default:
      return [
        { script: 'none', job: (port) => ({ kind: 'crowd', port, clients: 2000, count: 5000 * share }) },
      ];
  }
}

/** Runs it, and returns the paths of the profiles, which Node writes when a thread ends. */
async function record(stage: Stage, row: RowName, { script, job }: Subject): Promise<string[]> {
  const fresh = join(folder, 'unnamed');
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  const flags = ['--import', new URL('profile-threads.js', import.meta.url).href];
  const entrant = entrantOf(own, script, [...flags, '--cpu-prof', '--cpu-prof-dir', fresh]);
  const contender = await stage.enter(entrant);
  if (job !== undefined) await work(stage.clients, job(contender.port));
  await stage.leave(contender);
  const paths: string[] = [];
  for (const [thread, file] of await largest(fresh)) {
    const path = join(folder, `${row}-${script}-${thread}.cpuprofile`);
    await rename(file, path);
    paths.push(path);
  }
  await rm(fresh, { recursive: true, force: true });
  return paths;
}

/** Of the script's threads, one after the other, the one with most to tell. Node's names end with thread and count. */
async function largest(written: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  let most = 0;
  for (const name of await readdir(written)) {
    const path = join(written, name);
    const { size } = await stat(path);
    if (/\.0\.\d+\.cpuprofile$/.test(name)) {
      found.set('event-loop', path);
    } else if (size > most) {
      found.set('script', path);
      most = size;
    }
  }
  return found;
}

async function work(clients: Clients, job: Job): Promise<void> {
  await clients.prepare(job);
  const over = clients.start();
  const timer = job.kind === 'trouble' ? setTimeout(() => clients.finish(), 5000) : undefined;
  await over;
  clearTimeout(timer);
  await clients.cleared();
}

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** The functions with the most time of their own. */
async function summary(file: string): Promise<string> {
  const { nodes, samples, timeDeltas } = JSON.parse(await readFile(file, 'utf8')) as CpuProfile;
  const names = new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => {
      const where = url === '' ? '' : ` ${sourceOf(url, lineNumber)}`;
      return [id, `${functionName || '(anonymous)'}${where}`];
    }),
  );
  const times = new Map<string, number>();
  for (const [at, id] of samples.entries()) {
    const name = names.get(id) ?? '(unknown)';
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[at] ?? 0) / 1000);
  }
  times.delete('(idle)');
  const all = [...times.values()].reduce((sum, time) => sum + time, 0);
  const top = [...times].sort(([, a], [, b]) => b - a).slice(0, SHOWN);
  return table(
    ['function', 'ms', '%'],
    top.map(([name, time]) => [name, figure(time), ((100 * time) / all).toFixed(1)]),
  );
}
