/**
 * Asks every server of a pool from time to time whether it greets, so that one that is down is known before a session
 * goes there, and one that is back gets sessions again. What always holds: one connection at a time for each server.
 */
import { checkUpstream } from './upstream-check.ts';
import type { PoolMember, UpstreamPool } from './upstream-pool.ts';

export class UpstreamChecks {
  readonly #pool: UpstreamPool;
  readonly #interval: number;
  readonly #stopped = new AbortController();
  readonly #timers: Map<PoolMember, NodeJS.Timeout> = new Map();

  /** Begins at once; `interval` in milliseconds. With a single server there is nothing to choose, and none is asked. */
  constructor(pool: UpstreamPool, interval: number) {
    this.#pool = pool;
    this.#interval = interval;
    if (pool.several) for (const member of pool.members) void this.#check(member);
  }

  stop(): void {
    this.#stopped.abort();
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  async #check(member: PoolMember): Promise<void> {
    const { signal } = this.#stopped;
    const cause = await checkUpstream(member, signal);
    if (signal.aborted) return;
    if (cause === undefined) this.#pool.greeted(member);
    else this.#pool.failed(member, cause);
    this.#timers.set(member, setTimeout(() => void this.#check(member), this.#interval).unref());
  }
}

/**
 * Asks all servers; resolves to undefined as soon as one greets, or to why none does. Never rejects, and takes
 * `upstream.connectTimeout` at most, or until `signal`.
 */
export async function checkAny(
  servers: readonly Parameters<typeof checkUpstream>[0][],
  signal: AbortSignal,
): Promise<Awaited<ReturnType<typeof checkUpstream>>> {
  // No AbortSignal.any: it would leave something behind on `signal`, which lives as long as the process.
  const settled = new AbortController();
  const stop = (): void => settled.abort();
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop);
  const checks = servers.map(async (access) => {
    const cause = await checkUpstream(access, settled.signal);
    if (cause !== undefined) throw new Unanswered(cause);
  });
  try {
    await Promise.any(checks);
    return undefined;
  } catch (error) {
    const causes = (error as AggregateError).errors.map((each) => (each as Unanswered).why);
    const [first] = causes;
    return causes.length === 1 || first === undefined
      ? first
      : { code: first.code, message: causes.map(({ message }) => message).join('; ') };
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}

class Unanswered extends Error {
  readonly why: NonNullable<Awaited<ReturnType<typeof checkUpstream>>>;

  constructor(why: Unanswered['why']) {
    super(why.message);
    this.why = why;
  }
}
