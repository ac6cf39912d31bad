/** Counting in a real Redis: together with others, through its absence, and never at the cost of a login. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';
import { createClient } from '@redis/client';
import type { FailedLogins } from '../../src/config/config.ts';
import type { Guard } from '../../src/guard/guard.ts';
import { openGuard } from '../../src/guard/open-guard.ts';
import type { GuardEvent, Verdict } from '../../src/net/login-guard.ts';
import { close, listen, portOf } from '../support/ports.ts';
import { type Redis, startRedis } from '../support/redis.ts';
import { without } from '../support/required.ts';

const failedLogins: FailedLogins = {
  perAddress: 20,
  perUser: 5,
  within: 60_000,
  block: 60_000,
  delay: 10_000,
  except: [],
};

const pass: Verdict = { kind: 'pass' };
const refused: Verdict = { kind: 'refuse', by: 'user' };
const PASSWORD = 'correct-horse';

/** A guard as one of several proxies has it. */
class OneProxy {
  readonly guard: Guard;
  readonly events: GuardEvent[];
  readonly #changed: EventTarget;

  private constructor(guard: Guard, events: GuardEvent[], changed: EventTarget) {
    this.guard = guard;
    this.events = events;
    this.#changed = changed;
  }

  static async open(store: string, changed: Partial<FailedLogins> = {}): Promise<OneProxy> {
    const events: GuardEvent[] = [];
    const target = new EventTarget();
    const guard = await openGuard({ store, failedLogins: { ...failedLogins, ...changed } }, (event) => {
      events.push(event);
      target.dispatchEvent(new Event('event'));
    });
    return new OneProxy(guard, events, target);
  }

  /** Resolves to the first event of that kind behind the first `after` of all. */
  async told(kind: GuardEvent['kind'], after = 0): Promise<GuardEvent> {
    for (;;) {
      const event = this.events.slice(after).find((each) => each.kind === kind);
      if (event !== undefined) return event;
      await once(this.#changed, 'event', { signal: AbortSignal.timeout(10_000) });
    }
  }

  async judge(client: string, user: string): Promise<Verdict> {
    return this.guard.judge({ session: 's', client, serverport: 993, user });
  }

  /** Fails, and waits until that is counted: what is asked on a connection later is answered later. */
  async fail(client: string, user: string, times: number): Promise<void> {
    for (let time = 0; time < times; time++) {
      this.guard.failed(client, user);
      await this.judge(client, user);
      await this.judge(client, user);
    }
  }
}

describe('failed logins in Redis', { skip: without('redis-server') }, () => {
  let redis: Redis;
  let url: string;
  const open: OneProxy[] = [];
  before(async () => {
    redis = await startRedis('--requirepass', PASSWORD);
    url = `redis://:${PASSWORD}@127.0.0.1:${redis.port}/2`;
  });
  after(() => redis?.stop());
  afterEach(async () => {
    for (const proxy of open.splice(0)) proxy.guard.close();
    await withClient((client) => client.flushAll());
  });

  const withClient = async <Result>(
    work: (client: ReturnType<typeof createClient>) => Promise<Result>,
  ): Promise<Result> => {
    const client = createClient({ url }) as ReturnType<typeof createClient>;
    await client.connect();
    try {
      return await work(client);
    } finally {
      client.destroy();
    }
  };

  const connected = async (changed: Partial<FailedLogins> = {}): Promise<OneProxy> => {
    const proxy = await OneProxy.open(url, changed);
    open.push(proxy);
    await proxy.told('store-found');
    return proxy;
  };

  test('two proxies count together', async () => {
    const [one, two] = [await connected(), await connected()];
    await one.fail('192.0.2.1', 'alice', 3);
    assert.deepEqual(await two.judge('198.51.100.1', 'alice'), { kind: 'wait', milliseconds: 6000 });
    await two.fail('198.51.100.1', 'alice', 2);
    assert.deepEqual(await one.judge('203.0.113.1', 'alice'), refused);
    assert.deepEqual(await one.judge('203.0.113.1', 'bob'), pass);
  });

  test('where a user is known, the user is known to all proxies', async () => {
    const [one, two] = [await connected(), await connected()];
    one.guard.succeeded('192.0.2.1', 'alice');
    await one.judge('192.0.2.1', 'alice');
    await two.fail('198.51.100.1', 'alice', 5);
    assert.deepEqual(await two.judge('192.0.2.1', 'alice'), pass);
    assert.deepEqual(await one.judge('198.51.100.1', 'alice'), refused);
    await two.fail('192.0.2.1', 'alice', 4);
    assert.equal((await one.judge('192.0.2.1', 'alice')).kind, 'wait');
    one.guard.succeeded('192.0.2.1', 'alice');
    await one.judge('192.0.2.1', 'alice');
    assert.deepEqual(await two.judge('192.0.2.1', 'alice'), pass);
  });

  test('who shows no name counts by address alone, and there is no key of nobody', async () => {
    const [one, two] = [await connected(), await connected()];
    one.guard.succeeded('192.0.2.1', '');
    await one.fail('192.0.2.1', '', 20);
    assert.deepEqual(await two.judge('192.0.2.1', ''), { kind: 'refuse', by: 'address' });
    assert.deepEqual(await two.judge('198.51.100.1', ''), pass);
    await withClient(async (client) =>
      assert.deepEqual(await client.keys('*'), ['imapveil:logins:address:192.0.2.1']),
    );
  });

  test('every key says what it is, expires, and lets go when it is deleted', async () => {
    const proxy = await connected();
    proxy.guard.succeeded('2001:db8::1', 'alice');
    await proxy.judge('2001:db8::1', 'alice');
    await proxy.fail('2001:db8::1', 'alice', 1);
    await proxy.fail('192.0.2.1', 'Bob', 5);
    await withClient(async (client) => {
      const keys = (await client.keys('*')).sort();
      assert.deepEqual(keys, [
        'imapveil:logins:address:192.0.2.1',
        'imapveil:logins:known:2001:db8:0:0::/64 alice',
        'imapveil:logins:pair:2001:db8:0:0::/64 alice',
        'imapveil:logins:user:bob',
      ]);
      for (const key of keys) assert.ok((await client.ttl(key)) > 0, key);
      assert.deepEqual(await proxy.judge('192.0.2.1', 'bob'), refused);
      await client.del('imapveil:logins:user:bob');
    });
    assert.equal((await proxy.judge('192.0.2.1', 'bob')).kind, 'wait', 'the address has failed five times');
  });

  test('a block is over when its time is', async () => {
    const proxy = await connected({ block: 1000 });
    await proxy.fail('192.0.2.1', 'alice', 5);
    assert.deepEqual(await proxy.judge('198.51.100.1', 'alice'), refused);
    await withClient(async (client) => {
      const left = await client.pTTL('imapveil:logins:user:alice');
      assert.ok(left > 0 && left <= 1000, `${left} ms`);
      while ((await client.exists('imapveil:logins:user:alice')) > 0);
    });
    assert.deepEqual(await proxy.judge('198.51.100.1', 'alice'), pass);
  });

  test('it goes away and comes back: counted locally meanwhile, and said once each', async () => {
    const proxy = await connected();
    await proxy.fail('192.0.2.1', 'alice', 2);
    await redis.stop();
    try {
      const lost = await proxy.told('store-lost');
      assert.ok(lost.kind === 'store-lost');
      assert.equal(lost.store, `127.0.0.1:${redis.port}`);
      assert.deepEqual(await proxy.judge('192.0.2.1', 'alice'), { kind: 'wait', milliseconds: 4000 });
      await proxy.fail('192.0.2.1', 'alice', 3);
      assert.deepEqual(await proxy.judge('192.0.2.1', 'alice'), refused);
      assert.deepEqual(await proxy.judge('192.0.2.1', 'bob'), { kind: 'wait', milliseconds: 2500 });
    } finally {
      await redis.start();
    }
    await proxy.told('store-found', 2);
    assert.deepEqual(
      proxy.events.map(({ kind }) => kind),
      ['store-found', 'store-lost', 'store-found'],
    );
    await proxy.fail('192.0.2.1', 'carol', 1);
    await withClient(async (client) =>
      assert.equal(await client.get('imapveil:logins:user:carol'), '1', 'counted in Redis again'),
    );
  });

  test('it stands still: one login waits a moment, and no other, until it answers again', async () => {
    const proxy = await connected();
    redis.standStill();
    try {
      const began = performance.now();
      assert.deepEqual(await proxy.judge('192.0.2.1', 'alice'), pass);
      assert.ok(performance.now() - began < 1000, 'well under a second, on a busy machine too');
      const lost = await proxy.told('store-lost');
      assert.match(lost.kind === 'store-lost' ? lost.message : '', /no answer within 500 ms/);
      const before = performance.now();
      for (let time = 0; time < 1000; time++) await proxy.judge('192.0.2.1', 'alice');
      assert.ok(performance.now() - before < 300, 'nobody waits for it any more');
    } finally {
      redis.wake();
    }
    await proxy.told('store-found', 1);
  });

  test('a wrong password, or a user who may not write: local counting, and the reason without any password', async () => {
    await withClient((client) =>
      client.sendCommand([
        'ACL',
        'SETUSER',
        'reader',
        'on',
        '>reader-secret',
        '~*',
        '+@read',
        '+@connection',
      ]),
    );
    for (const [credentials, reason] of [
      ['reader:wrong-secret', /WRONGPASS/],
      ['reader:reader-secret', /NOPERM/],
    ] as const) {
      const proxy = await OneProxy.open(`redis://${credentials}@127.0.0.1:${redis.port}`);
      open.push(proxy);
      assert.deepEqual(await proxy.judge('192.0.2.1', 'alice'), pass);
      const lost = await proxy.told('store-lost');
      assert.match(lost.kind === 'store-lost' ? lost.message : '', reason);
      assert.doesNotMatch(JSON.stringify(proxy.events), /secret/);
      await proxy.fail('192.0.2.1', 'alice', 5);
      assert.deepEqual(await proxy.judge('192.0.2.1', 'alice'), refused);
    }
  });

  test('it is not there at the start, or accepts and says nothing: nobody waits, and it is found when it comes', async () => {
    const late = await startRedis();
    await late.stop();
    const proxy = await OneProxy.open(`redis://127.0.0.1:${late.port}`);
    open.push(proxy);
    assert.deepEqual(await proxy.judge('192.0.2.1', 'alice'), pass);
    await proxy.told('store-lost');
    const silent = await listen(
      createServer((socket) => socket.resume().on('error', () => {})),
      late.port,
    );
    await once(silent, 'connection');
    assert.deepEqual(await proxy.judge('192.0.2.1', 'alice'), pass);
    await close(silent);
    await late.start();
    await proxy.told('store-found');
    assert.deepEqual(
      proxy.events.map(({ kind }) => kind),
      ['store-lost', 'store-found'],
    );
    await late.stop();
  });

  test('a port that speaks something else is no store', async () => {
    const http = await listen(
      createServer((socket) => socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    );
    const proxy = await OneProxy.open(`redis://127.0.0.1:${portOf(http)}`);
    open.push(proxy);
    await proxy.told('store-lost');
    assert.deepEqual(await proxy.judge('192.0.2.1', 'alice'), pass);
    await close(http);
  });
});
