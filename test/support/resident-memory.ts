/** The memory of a process that a test runs. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

export const MEBIBYTE = 1024 * 1024;

/** Bytes of memory that a process holds now. */
export async function residentMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** Fails when a process holds more than `limit` bytes above `before`, and says how many. */
export async function assertGrownLess(pid: number, before: number, limit: number): Promise<void> {
  const grown = (await residentMemory(pid)) - before;
  assert.ok(grown < limit, `grew by ${Math.round(grown / MEBIBYTE)} MiB`);
}
