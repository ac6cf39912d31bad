/** The guard that a configuration asks for. Whatever belongs to Redis is loaded only where it is used. */
import type { Limits } from '../config/config.ts';
import type { GuardEvent } from '../net/login-guard.ts';
import { Guard, type LoginOutcome, type SharedStore } from './guard.ts';
import { MemoryTallies, type Snapshot } from './memory-tallies.ts';

type GuardLimits = Pick<Limits, 'store' | 'failedLogins'>;

/** What the guard of one process is handed. */
export interface GuardServices {
  report(event: GuardEvent): void;
  /** Tells the other processes of this proxy. */
  tellOthers(outcome: LoginOutcome): void;
  /** What they know already; undefined: nothing, or there are none. */
  readonly known: Snapshot | undefined;
}

/** Resolves at once: a store that does not answer is waited for by nobody. */
export async function openGuard(
  { store, failedLogins }: GuardLimits,
  { report, tellOthers, known }: GuardServices,
): Promise<Guard> {
  const memory = new MemoryTallies(failedLogins);
  if (known !== undefined) memory.restore(known);
  return new Guard(memory, await openStore({ store, failedLogins }, report), tellOthers);
}

async function openStore(
  { store, failedLogins }: GuardLimits,
  report: (event: GuardEvent) => void,
): Promise<SharedStore | undefined> {
  if (store === 'memory') return undefined;
  const { RedisLink } = await import('./redis-link.ts');
  return new RedisLink(store, failedLogins, report);
}
