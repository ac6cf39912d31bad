/** The guard that a configuration asks for. Whatever belongs to Redis is loaded only where it is used. */
import type { Limits } from '../config/config.ts';
import type { GuardEvent } from '../net/login-guard.ts';
import { Guard, type LoginOutcome, type SharedStore } from './guard.ts';
import { MemoryTallies, type Snapshot } from './memory-tallies.ts';

type GuardLimits = Pick<Limits, 'store' | 'failedLogins'>;

/** The other processes of this proxy. */
export interface GuardPeers {
  tell(outcome: LoginOutcome): void;
  /** What they have counted so far. */
  readonly known: Snapshot;
}

export type ReportGuard = (event: GuardEvent) => void;

/** Waits for no store: one that does not answer is found later. Without `peers` this process is alone. */
export async function openGuard(
  limits: GuardLimits,
  report: ReportGuard,
  peers?: GuardPeers,
): Promise<Guard> {
  const memory = new MemoryTallies(limits.failedLogins);
  if (peers !== undefined) memory.restore(peers.known);
  return new Guard(memory, await openStore(limits, report), (outcome) => peers?.tell(outcome));
}

/** Makes ready for other limits; the result puts them in force, or gives them up. */
export async function prepareGuard(
  guard: Guard,
  before: GuardLimits,
  limits: GuardLimits,
  report: ReportGuard,
): Promise<{ commit(): void; cancel(): void }> {
  const isSame = JSON.stringify(guardLimits(before)) === JSON.stringify(guardLimits(limits));
  const store = isSame ? guard.store : await openStore(limits, report);
  return {
    commit: () => guard.use(limits.failedLogins, store),
    cancel() {
      if (!isSame) store?.close();
    },
  };
}

function guardLimits({ store, failedLogins }: GuardLimits): GuardLimits {
  return { store, failedLogins };
}

async function openStore(
  { store, failedLogins }: GuardLimits,
  report: ReportGuard,
): Promise<SharedStore | undefined> {
  if (store === 'memory') return undefined;
  const { RedisLink } = await import('./redis-link.ts');
  return new RedisLink(store, failedLogins, report);
}
