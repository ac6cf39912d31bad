/** The rows that every contender runs: what is done, and in what it is counted. */
import type { Job } from './load.ts';

export interface Row {
  readonly name: 'session' | 'fetch' | 'command' | 'list' | 'append';
  readonly what: string;
  /** What one unit is, for the column's head. */
  readonly unit: string;
  /** Units in one run of the job. */
  readonly units: number;
  /** Runs that do not count, before those that do, for what is compiled while it runs; one for all others. */
  readonly warmUps: number;
  job(port: number): Job;
  /** The whole of the job: half compiled code is of no use for a rough answer either. */
  warmUp(port: number): Job;
}

const MIB = 1024 * 1024;

/** The rows, each half a second or so long; `share` of the work is done where a rough answer is enough. */
export function rows(share: number): Row[] {
  const whole = rowsWith(1);
  return rowsWith(share).map((row, at) => ({ ...row, warmUp: whole[at]!.job }));
}

function rowsWith(share: number): Omit<Row, 'warmUp'>[] {
  const some = (count: number): number => Math.ceil(count * share);
  const commands = (clients: number, count: number, command: string) => (port: number) =>
    ({ kind: 'commands', port, clients, count, command }) as const;
  return [
    {
      name: 'session',
      what: 'connect, TLS 1.3, greeting, LOGIN, LOGOUT',
      unit: 'session',
      units: some(200),
      // What Node runs once a session, it has compiled for good after five thousand of them.
      warmUps: 24,
      job: (port) => ({ kind: 'sessions', port, clients: 4, count: some(200) }),
    },
    {
      name: 'fetch',
      what: '4 MiB bodies, 2 clients',
      unit: 'MiB',
      units: 2 * some(18) * 4,
      warmUps: 10,
      job: commands(2, some(18), `FETCH ${4 * MIB} BODY[]`),
    },
    {
      name: 'command',
      what: 'NOOP round trips, 8 clients',
      unit: 'command',
      units: 8 * some(1500),
      warmUps: 4,
      job: commands(8, some(1500), 'NOOP'),
    },
    {
      name: 'list',
      what: 'LIST of 10,000 folders',
      unit: 'folder',
      units: some(15) * 10_000,
      // Without a script a run takes some hundredths of a second, most of it in code that is still being compiled.
      warmUps: 12,
      job: commands(1, some(15), 'LIST "" 10000'),
    },
    {
      name: 'append',
      what: '100 MB up',
      unit: 'MiB',
      units: some(2) * 100,
      warmUps: 4,
      job: (port) => ({ kind: 'append', port, count: some(2), bytes: 100 * MIB }),
    },
  ];
}
