/**
 * Counts in Redis or Valkey, which several proxies share. Every key begins with the same words and expires, so that
 * an operator can find and delete them, and nobody has to. What is asked in one go travels in one go.
 */
import type { createClient } from '@redis/client';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import type { FailedLogins as Settings } from '../config/config.ts';
import { type Counted, KNOWN_FOR, mostOf, type Tallies } from './failed-logins.ts';

const PREFIX = 'imapveil:logins';

export type RedisClient = ReturnType<typeof createClient>;

/** All of it rejects when Redis does not do what is asked. */
export class RedisTallies implements Tallies {
  readonly #settings: Settings;
  readonly #failures: Readonly<Record<Counted, RateLimiterRedis>>;
  readonly #known: RateLimiterRedis;

  constructor(client: RedisClient, settings: Settings) {
    const limiter = (name: string, most: number, within: number): RateLimiterRedis =>
      new RateLimiterRedis({
        storeClient: client,
        useRedisPackage: true,
        keyPrefix: `${PREFIX}:${name}`,
        // A limiter blocks behind its points, and here the last failure that is allowed is one too many already.
        points: Math.max(0, most - 1),
        duration: seconds(within),
        blockDuration: seconds(settings.block),
      });
    this.#settings = settings;
    this.#failures = {
      address: limiter('address', mostOf('address', settings), settings.within),
      user: limiter('user', mostOf('user', settings), settings.within),
      pair: limiter('pair', mostOf('pair', settings), settings.within),
    };
    this.#known = limiter('known', 1, KNOWN_FOR);
  }

  async failures(of: Counted, key: string): Promise<number> {
    if (mostOf(of, this.#settings) === 0) return 0;
    const counted = await this.#failures[of].get(key);
    return counted?.consumedPoints ?? 0;
  }

  async addFailure(of: Counted, key: string): Promise<void> {
    if (mostOf(of, this.#settings) === 0) return;
    try {
      await this.#failures[of].consume(key);
    } catch (error) {
      // What is no error says that the limit is reached.
      if (error instanceof Error) throw error;
    }
  }

  async forgetFailures(of: Counted, key: string): Promise<void> {
    await this.#failures[of].delete(key);
  }

  async isKnown(pair: string): Promise<boolean> {
    return (await this.#known.get(pair)) !== null;
  }

  async setKnown(pair: string): Promise<void> {
    await this.#known.set(pair, 1, seconds(KNOWN_FOR));
  }

  /** Does once all that will be asked of Redis, to find out whether this user may, and whether it can be written to. */
  async probe(): Promise<void> {
    const key = 'probe';
    await Promise.all([this.#known.penalty(key), this.#known.get(key), this.#known.delete(key)]);
  }
}

/** Redis counts whole seconds here; what would be none would never be over. */
function seconds(milliseconds: number): number {
  return Math.ceil(milliseconds / 1000);
}
