/** Which server a session goes to: shares by weight, clients that stay where they are, and who is believed to be down. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Upstream } from '../../src/config/config.ts';
import { type UpstreamEvent, UpstreamPool, type UpstreamWay } from '../../src/net/upstream-pool.ts';

const cause = { code: 'upstream-unreachable', message: 'nobody listens' } as const;

function pool(
  balance: Upstream['balance'],
  weights: Readonly<Record<string, number>>,
  before?: UpstreamPool,
): { readonly pool: UpstreamPool; readonly events: UpstreamEvent[] } {
  const events: UpstreamEvent[] = [];
  const servers = Object.entries(weights).map(([host, weight]) => ({
    host,
    port: 143,
    weight,
    servername: host,
  }));
  const settings: Upstream = {
    servers,
    balance,
    check: { interval: 1000, failures: 2 },
    encryption: 'none',
    tls: { ca: undefined, verify: true },
    connectTimeout: 1000,
    clientAddress: 'none',
  };
  const made = new UpstreamPool(
    settings,
    servers,
    () => ({}),
    (event) => events.push(event),
    before,
  );
  return { pool: made, events };
}

function address(number: number): string {
  return `10.0.${Math.floor(number / 250)}.${number % 250}`;
}

function hostOf(way: UpstreamWay): string {
  return way.next().server.host;
}

function fail(of: UpstreamPool, host: string, times: number): void {
  const member = of.members.find(({ server }) => server.host === host)!;
  for (let time = 0; time < times; time++) of.failed(member, cause);
}

function greet(of: UpstreamPool, host: string): void {
  of.greeted(of.members.find(({ server }) => server.host === host)!);
}

test('least sessions: those that are open are shared by weight, and who has ended makes room', () => {
  const { pool: some } = pool('least-sessions', { a: 1, b: 2, c: 1 });
  const ways = Array.from({ length: 400 }, () => some.wayFor('10.0.0.1'));
  for (const way of ways) way.next();
  const counts = () => some.members.map(({ state }) => state.sessions);
  assert.deepEqual(counts(), [100, 200, 100]);
  const ofA = ways.filter((way) => way.member?.server.host === 'a').slice(0, 7);
  for (const way of ofA) way.release();
  for (const way of ofA) way.release();
  assert.deepEqual(counts(), [93, 200, 100]);
  const next = Array.from({ length: 7 }, () => hostOf(some.wayFor('10.0.0.1')));
  assert.deepEqual(next, ['a', 'a', 'a', 'a', 'a', 'a', 'a']);
});

test('least sessions: short sessions, one after the other, go in turns', () => {
  const { pool: some } = pool('least-sessions', { a: 1, b: 1, c: 1 });
  const hosts = Array.from({ length: 6 }, () => {
    const way = some.wayFor('10.0.0.1');
    const host = hostOf(way);
    way.release();
    return host;
  });
  assert.deepEqual(hosts, ['a', 'b', 'c', 'a', 'b', 'c']);
});

test('client address: the same client, the same server, whatever their order in the list and in which process', () => {
  const { pool: one } = pool('client-address', { a: 1, b: 1, c: 2 });
  const { pool: other } = pool('client-address', { c: 2, a: 1, b: 1 });
  const counts: Record<string, number> = { a: 0, b: 0, c: 0 };
  for (let number = 0; number < 4000; number++) {
    const host = hostOf(one.wayFor(address(number)));
    assert.equal(hostOf(one.wayFor(address(number))), host);
    assert.equal(hostOf(other.wayFor(address(number))), host);
    counts[host]!++;
  }
  for (const [host, share] of [
    ['a', 1000],
    ['b', 1000],
    ['c', 2000],
  ] as const)
    assert.ok(Math.abs(counts[host]! - share) < share / 8, `${host} has ${counts[host]} of ${share}`);
});

test('client address: a server that goes moves its own clients alone, and they return', () => {
  const { pool: some } = pool('client-address', { a: 1, b: 1, c: 1 });
  const where = () => Array.from({ length: 600 }, (_, number) => hostOf(some.wayFor(address(number))));
  const before = where();
  fail(some, 'b', 2);
  const without = where();
  for (const [number, host] of before.entries()) {
    if (host === 'b') assert.notEqual(without[number], 'b');
    else assert.equal(without[number], host);
  }
  assert.ok(new Set(without.filter((_, number) => before[number] === 'b')).size === 2);
  greet(some, 'b');
  assert.deepEqual(where(), before);
});

test('down after so many failures in a row, said once; up after one greeting', () => {
  const { pool: some, events } = pool('least-sessions', { a: 1, b: 1 });
  fail(some, 'a', 1);
  greet(some, 'a');
  fail(some, 'a', 1);
  assert.deepEqual(events, []);
  fail(some, 'a', 3);
  assert.deepEqual(events, [{ kind: 'down', upstream: 'a:143', reason: 'nobody listens' }]);
  assert.deepEqual([hostOf(some.wayFor('c')), hostOf(some.wayFor('c'))], ['b', 'b']);
  greet(some, 'a');
  greet(some, 'a');
  assert.deepEqual(events.slice(1), [{ kind: 'up', upstream: 'a:143' }]);
});

test('all are down: each is tried once, the one with the fewest failures first', () => {
  const { pool: some } = pool('least-sessions', { a: 1, b: 1, c: 1 });
  fail(some, 'a', 4);
  fail(some, 'b', 2);
  fail(some, 'c', 3);
  const way = some.wayFor('10.0.0.1');
  assert.deepEqual([hostOf(way), hostOf(way), hostOf(way)], ['b', 'c', 'a']);
  assert.equal(way.hasNext, false);
  assert.deepEqual(
    some.members.map(({ state }) => state.sessions),
    [1, 0, 0],
  );
});

test('another configuration: a server that stays is as it was, with its sessions; a new one is up', () => {
  const { pool: old } = pool('least-sessions', { a: 1, b: 1 });
  const way = old.wayFor('10.0.0.1');
  assert.equal(hostOf(way), 'a');
  fail(old, 'b', 2);
  const { pool: next } = pool('least-sessions', { b: 1, a: 5, c: 1 }, old);
  const states = () => next.members.map(({ state }) => [state.sessions, state.down]);
  assert.deepEqual(states(), [
    [0, true],
    [1, false],
    [0, false],
  ]);
  way.release();
  assert.deepEqual(states()[1], [0, false]);
});
