/** What a proxy with several workers tells in its log about which of them has which session. */
import type { RunningProxy } from './proxy.ts';

/** The process that serves as the worker with this number, or the last one that did. */
export function pidOf(proxy: RunningProxy, worker: number): number {
  const entry = proxy.log.findLast((each) => each.msg === 'worker serves' && each.worker === worker);
  if (typeof entry?.pid !== 'number') throw new Error(`No worker ${worker} has ever served.`);
  return entry.pid;
}

/** The workers that got the sessions which were opened behind the first `after` entries of the log, in that order. */
export function takers(proxy: RunningProxy, after = 0): number[] {
  const opened = proxy.log.slice(after).filter((entry) => entry.msg === 'session opened');
  return opened.map((entry) => Number(entry.worker));
}
