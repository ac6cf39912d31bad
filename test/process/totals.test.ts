/** The limits over all workers: what workers report, what the primary makes of it, and what they learn. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Limits } from '../../src/config/config.ts';
import { Connections } from '../../src/net/connections.ts';
import { HeadCount } from '../../src/process/head-count.ts';
import { Totals } from '../../src/process/totals.ts';
import type { Count } from '../../src/process/worker-messages.ts';

const limits = { connections: 10, connectionsPerAddress: 3 } as Limits;
const [one, two] = [{ name: 'one' }, { name: 'two' }];

test('an address is full when its connections of all workers reach the limit, and free when one has left', () => {
  const totals = new Totals(limits);
  assert.equal(totals.report(one, { all: 2, perAddress: [['a', 2]] }), undefined);
  assert.deepEqual(totals.report(two, { all: 1, perAddress: [['a', 1]] }), {
    full: { all: false, addresses: ['a'] },
    free: [],
  });
  assert.deepEqual(totals.full, { all: false, addresses: ['a'] });
  assert.equal(totals.report(two, { all: 2, perAddress: [['a', 2]] }), undefined);
  assert.equal(totals.report(two, { all: 1, perAddress: [['a', 1]] }), undefined);
  assert.deepEqual(totals.report(one, { all: 1, perAddress: [['a', 1]] }), {
    full: { all: false, addresses: [] },
    free: ['a'],
  });
});

test('all is full when the connections of all workers reach the limit', () => {
  const totals = new Totals(limits);
  assert.equal(totals.report(one, { all: 9, perAddress: [] }), undefined);
  assert.deepEqual(totals.report(two, { all: 1, perAddress: [] }), {
    full: { all: true, addresses: [] },
    free: [],
  });
  assert.deepEqual(totals.report(one, { all: 8, perAddress: [] })?.full, { all: false, addresses: [] });
});

test('other limits make full what is above them, and free what is not', () => {
  const totals = new Totals(limits);
  totals.report(one, {
    all: 5,
    perAddress: [
      ['a', 2],
      ['b', 3],
    ],
  });
  assert.deepEqual(totals.useLimits({ ...limits, connections: 5, connectionsPerAddress: 2 }), {
    full: { all: true, addresses: ['a'] },
    free: [],
  });
  assert.equal(totals.useLimits({ ...limits, connections: 5, connectionsPerAddress: 2 }), undefined);
  assert.deepEqual(totals.useLimits({ ...limits, connections: 9, connectionsPerAddress: 4 }), {
    full: { all: false, addresses: [] },
    free: ['a', 'b'],
  });
});

test('a worker that is gone counts no more', () => {
  const totals = new Totals(limits);
  totals.report(one, { all: 9, perAddress: [['a', 2]] });
  totals.report(two, {
    all: 1,
    perAddress: [
      ['a', 1],
      ['b', 1],
    ],
  });
  assert.deepEqual(totals.full, { all: true, addresses: ['a'] });
  assert.deepEqual(totals.forget(one), { full: { all: false, addresses: [] }, free: ['a'] });
  assert.equal(totals.forget(one), undefined);
  assert.equal(totals.forget({ name: 'never reported' }), undefined);
  assert.equal(totals.report(two, { all: 9, perAddress: [] }), undefined);
});

test('changes of a moment are one report, and none when they cancel out', async () => {
  const reports: Count[] = [];
  let reported = (): void => {};
  const headCount = new HeadCount({ all: false, addresses: ['full'] }, (count) => {
    reports.push(count);
    reported();
  });
  const report = () =>
    new Promise<void>((resolve) => {
      // The report's own timer keeps no process alive.
      const alive = setInterval(() => {}, 1000);
      reported = () => {
        clearInterval(alive);
        resolve();
      };
    });
  const connections = new Connections(headCount);
  const connection = {} as Parameters<Connections['add']>[0] & Parameters<Connections['leave']>[1];

  const first = report();
  for (const address of ['a', 'a', 'b', 'c']) connections.enter(address);
  connections.leave('c', connection);
  connections.add(connection);
  await first;
  assert.deepEqual(reports.splice(0), [
    {
      all: 1,
      perAddress: [
        ['a', 2],
        ['b', 1],
      ],
    },
  ]);
  const second = report();
  connections.enter('a');
  connections.leave('a', connection);
  connections.leave('b', connection);
  await second;
  assert.deepEqual(reports, [{ all: 0, perAddress: [['b', 0]] }]);
});

test('what a worker was told is full is full for it, until it is told otherwise', () => {
  const headCount = new HeadCount({ all: false, addresses: ['a'] }, () => {});
  const connections = new Connections(headCount);
  assert.ok(connections.isFullFor('a', 100));
  assert.ok(!connections.isFullFor('b', 100));
  assert.ok(!connections.isFull(100));
  headCount.learn({ all: true, addresses: ['b'] }, ['a']);
  assert.ok(!connections.isFullFor('a', 100));
  assert.ok(connections.isFullFor('b', 100));
  assert.ok(connections.isFull(100));
});
