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
}

const MIB = 1024 * 1024;

/** The rows, each a second or so long; `share` of the work is done where a rough answer is enough. */
export function rows(share: number): Row[] {
  const some = (count: number): number => Math.ceil(count * share);
  const commands = (clients: number, count: number, command: string) => (port: number) =>
    ({ kind: 'commands', port, clients, count, command }) as const;
  return [
    {
      name: 'session',
      what: 'connect, TLS 1.3, greeting, LOGIN, LOGOUT',
      unit: 'session',
      units: some(400),
      // What Node runs once a session, it has compiled for good after five thousand of them.
      warmUps: 12,
      job: (port) => ({ kind: 'sessions', port, clients: 4, count: some(400) }),
    },
    {
      name: 'fetch',
      what: '4 MiB bodies, 2 clients',
      unit: 'MiB',
      units: 2 * some(35) * 4,
      warmUps: 5,
      job: commands(2, some(35), `FETCH ${4 * MIB} BODY[]`),
    },
    {
      name: 'command',
      what: 'NOOP round trips, 8 clients',
      unit: 'command',
      units: 8 * some(3000),
      warmUps: 2,
      job: commands(8, some(3000), 'NOOP'),
    },
    {
      name: 'list',
      what: 'LIST of 10,000 folders',
      unit: 'folder',
      units: some(30) * 10_000,
      // Without a script a run takes a tenth of a second, most of it in code that is still being compiled.
      warmUps: 6,
      job: commands(1, some(30), 'LIST "" 10000'),
    },
    {
      name: 'append',
      what: '100 MB up',
      unit: 'MiB',
      units: some(3) * 100,
      warmUps: 3,
      job: (port) => ({ kind: 'append', port, count: some(3), bytes: 100 * MIB }),
    },
  ];
}
