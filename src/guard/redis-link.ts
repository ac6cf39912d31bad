/**
 * The connection to Redis, which comes and goes. One thing always holds: nobody waits for it longer than half
 * a second, and while it is of no use, nobody waits at all.
 */
import { isIP } from 'node:net';
import { createClient } from '@redis/client';
import type { FailedLogins as Settings } from '../config/config.ts';
import type { GuardEvent } from '../net/login-guard.ts';
import { type RedisClient, RedisTallies } from './redis-tallies.ts';

/** Milliseconds. */
const ANSWER_WITHIN = 500;
const CONNECT_WITHIN = 1000;
const TRY_AGAIN_AFTER = 1000;

export class RedisLink {
  /** For people: without the password. */
  readonly #store: string;
  readonly #url: string;
  readonly #settings: Settings;
  readonly #report: (event: GuardEvent) => void;
  /** What is being connected, or is connected. */
  #client: RedisClient | undefined;
  /** There only while Redis answers. */
  #tallies: RedisTallies | undefined;
  #again: NodeJS.Timeout | undefined;
  /** Undefined: the first try is not over. */
  #said: 'store-found' | 'store-lost' | undefined;

  /** Begins to connect, and goes on trying until it is closed. `url` is a valid `redis:` or `rediss:` URL. */
  constructor(url: string, settings: Settings, report: (event: GuardEvent) => void) {
    this.#url = url;
    this.#store = new URL(url).host;
    this.#settings = settings;
    this.#report = report;
    this.#connect();
  }

  get isLost(): boolean {
    return this.#said === 'store-lost';
  }

  /** Does something with the counts in Redis. Undefined: it is of no use at the moment. Never rejects. */
  async use<Result>(work: (tallies: RedisTallies) => Promise<Result>): Promise<Result | undefined> {
    const client = this.#client;
    if (client === undefined || this.#tallies === undefined) return undefined;
    try {
      return await within(work(this.#tallies), ANSWER_WITHIN);
    } catch (error) {
      this.#lose(client, error);
      return undefined;
    }
  }

  close(): void {
    clearTimeout(this.#again);
    this.#client?.destroy();
    this.#client = undefined;
    this.#tallies = undefined;
  }

  async #connect(): Promise<void> {
    const client: RedisClient = createClient(optionsOf(this.#url));
    this.#client = client;
    client.on('error', (error) => this.#lose(client, error));
    try {
      await within(client.connect(), CONNECT_WITHIN + ANSWER_WITHIN);
      const tallies = new RedisTallies(client, this.#settings);
      await within(tallies.probe(), ANSWER_WITHIN);
      if (this.#client === client) this.#found(tallies);
      else client.destroy();
    } catch (error) {
      this.#lose(client, error);
    }
  }

  #found(tallies: RedisTallies): void {
    this.#tallies = tallies;
    this.#said = 'store-found';
    this.#report({ kind: 'store-found', store: this.#store });
  }

  /** Whatever was wrong: this connection is given up, and another one is tried soon. */
  #lose(client: RedisClient, error: unknown): void {
    client.destroy();
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#tallies = undefined;
    this.#again = setTimeout(() => this.#connect(), TRY_AGAIN_AFTER).unref();
    if (this.#said === 'store-lost') return;
    this.#said = 'store-lost';
    this.#report({ kind: 'store-lost', store: this.#store, message: messageOf(error) });
  }
}

type ClientOptions = NonNullable<Parameters<typeof createClient>[0]>;

/** The client's own way to come back would keep a connection that does not answer. */
function optionsOf(url: string): ClientOptions {
  const { hostname } = new URL(url);
  const isName = isIP(hostname.replace(/^\[|\]$/g, '')) === 0;
  return {
    url,
    disableOfflineQueue: true,
    socket: {
      reconnectStrategy: false,
      connectTimeout: CONNECT_WITHIN,
      ...(isName && { servername: hostname }),
    },
  } as ClientOptions;
}

/** Rejects when it takes longer. What has arrived and was not read yet, because this process was busy, is in time. */
function within<Result>(work: Promise<Result>, milliseconds: number): Promise<Result> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new Error(`no answer within ${milliseconds} ms`));
    const timer = setTimeout(() => setImmediate(late), milliseconds);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return messageOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
