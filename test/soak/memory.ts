/** The memory of the proxy's processes, as the kernel counts it, and whether it stays what it is. */
import { readFile } from 'node:fs/promises';
import type { RunningProxy } from '../support/proxy.ts';
import { pidOf } from '../support/workers.ts';

/** KiB of all processes, each page once (PSS). A process that is just being replaced counts as nothing. */
export async function memoryOf(proxy: RunningProxy, workers: number): Promise<number> {
  const pids = [proxy.pid, ...Array.from({ length: workers }, (_, index) => pidOf(proxy, index + 1))];
  const sizes = await Promise.all(pids.map(pssOf));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function pssOf(pid: number): Promise<number> {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0);
}

/** Of the samples in the order in which they were taken: the medians of the second and of the last quarter. */
export function beginAndEnd(samples: readonly number[]): { readonly begin: number; readonly end: number } {
  const quarter = Math.floor(samples.length / 4);
  return { begin: median(samples.slice(quarter, 2 * quarter)), end: median(samples.slice(-quarter)) };
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}
