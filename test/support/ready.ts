/** What `/readyz` of a running proxy says, now or in the end. */
import { setTimeout as pause } from 'node:timers/promises';

export interface Readiness {
  readonly status: number;
  /** The body: `ready`, or why not, with its line end. */
  readonly text: string;
}

export async function readyz(port: number): Promise<Readiness> {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`);
  return { status: response.status, text: await response.text() };
}

/** Asks until that is the status, doing `meanwhile` before each question; rejects after 15 s. */
export async function untilReadyz(
  port: number,
  status: 200 | 503,
  meanwhile: () => Promise<unknown> = async () => {},
): Promise<Readiness> {
  const end = Date.now() + 15_000;
  for (;;) {
    await meanwhile();
    const said = await readyz(port);
    if (said.status === status) return said;
    if (Date.now() > end) throw new Error(`/readyz still says ${said.status} ${said.text}`);
    await pause(50);
  }
}
