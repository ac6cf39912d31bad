/**
 * What the kernel says that processes cost. CPU time comes from the scheduler's own count in nanoseconds, for
 * `/proc/PID/stat` counts in hundredths of a second, which is a whole row here.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';

/** The process and everything that it started and that still runs. */
export function familyOf(pid: number): number[] {
  const children = tasksOf(pid).flatMap((task) => words(`/proc/${pid}/task/${task}/children`).map(Number));
  return [pid, ...children.flatMap(familyOf)];
}

/** Microseconds of CPU that these processes have used so far, all threads that still run. */
export function cpuOf(pids: readonly number[]): number {
  let nanoseconds = 0;
  for (const pid of pids) {
    for (const task of tasksOf(pid)) {
      nanoseconds += Number(words(`/proc/${pid}/task/${task}/schedstat`)[0] ?? 0);
    }
  }
  return nanoseconds / 1000;
}

/** KiB of memory of these processes; what is shared counts in proportion (PSS). */
export function memoryOf(pids: readonly number[]): number {
  let kibibytes = 0;
  for (const pid of pids) {
    const match = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`));
    kibibytes += Number(match?.[1] ?? 0);
  }
  return kibibytes;
}

/** One line: processor, cores, memory, kernel. */
export function machine(): string {
  const kernel = read('/proc/sys/kernel/osrelease').trim();
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  return `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, ${gibibytes} GiB, Linux ${kernel}`;
}

function tasksOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return []; // Gone meanwhile.
  }
}

function words(path: string): string[] {
  return read(path).split(/\s+/).filter(Boolean);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
