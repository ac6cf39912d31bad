/** What takes too long, on a clock that the test sets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Limits } from '../../src/config/config.ts';
import type { Unfinished } from '../../src/imap-parser-lite/index.ts';
import { Patience } from '../../src/net/patience.ts';

const limits = { handshakeTimeout: 100, loginTimeout: 1000, idleTimeout: 10_000 } as Limits;

/** What is late so many milliseconds after the beginning; sums of fractions are not exact to the last bit. */
function lateness(patience: Patience) {
  return (after: number, loggedIn = false, unfinished?: Unfinished) =>
    patience.late(patience.began + after, loggedIn, unfinished);
}

test('A16: who does not log in, and who says nothing more, is waited for so long and no longer', () => {
  const late = lateness(new Patience(limits));
  assert.equal(late(999), undefined);
  assert.equal(late(1001), 'login');
  assert.equal(late(1001, true), undefined);
  assert.equal(late(9_999, true), undefined);
  assert.equal(late(10_001, true), 'idle');
});

test('P21: whose login was undone has the time for one anew', () => {
  const patience = new Patience(limits);
  const late = lateness(patience);
  patience.beginLogin(patience.began + 5000);
  assert.equal(late(5999), undefined);
  assert.equal(late(6001), 'login');
});

test('who says something is not idle', () => {
  const patience = new Patience(limits);
  patience.active = patience.began + 5000;
  assert.equal(lateness(patience)(14_999, true), undefined);
  assert.equal(lateness(patience)(15_001, true), 'idle');
});

test('who says something is not at rest, however long the session lasts', () => {
  const patience = new Patience(limits);
  assert.equal(patience.rests(patience.began + 4999), false);
  assert.equal(patience.rests(patience.began + 5001), true);
  patience.active = patience.began + 60_000;
  assert.equal(patience.rests(patience.began + 64_999), false);
  assert.equal(patience.rests(patience.began + 65_001), true);
});

test('A16: before login each line and literal has the time of a handshake, from when it was seen first', () => {
  const late = lateness(new Patience(limits));
  const line = { kind: 'line', number: 0 } as const;
  assert.equal(late(500, false, line), undefined);
  assert.equal(late(599, false, line), undefined);
  assert.equal(late(601, false, line), 'line');
  assert.equal(late(601, false, { kind: 'line', number: 1 }), undefined, 'another line has its own time');
  assert.equal(late(701, false, { kind: 'literal', number: 1 }), undefined, 'so has its literal');
  assert.equal(late(802, false, { kind: 'literal', number: 1 }), 'literal');
  assert.equal(
    late(802, true, { kind: 'literal', number: 1 }),
    undefined,
    'after login it may take its time',
  );
});

test('a handshake and a greeting are waited for while they are due', () => {
  const patience = new Patience(limits);
  const late = lateness(patience);
  assert.deepEqual([patience.awaitsHandshake, patience.awaitsGreeting], [false, false]);
  patience.greetingBy = patience.began + 50;
  assert.equal(late(51), 'greeting');
  patience.handshakeBy = patience.began + 20;
  assert.equal(late(51), 'handshake');
  assert.deepEqual([patience.awaitsHandshake, patience.awaitsGreeting], [true, true]);
  patience.handshakeBy = patience.greetingBy = Number.POSITIVE_INFINITY;
  assert.equal(late(51), undefined);
});
