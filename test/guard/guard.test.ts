/** What failed logins lead to, by a clock that the test turns: who waits, who is refused, and who is left alone. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FailedLogins } from '../../src/config/config.ts';
import { Guard, type LoginOutcome } from '../../src/guard/guard.ts';
import { MemoryTallies } from '../../src/guard/memory-tallies.ts';
import type { Verdict } from '../../src/net/login-guard.ts';

const settings: FailedLogins = {
  perAddress: 20,
  perUser: 5,
  within: 60_000,
  block: 600_000,
  delay: 10_000,
  except: [],
};

/** A guard alone, and what it would tell others. */
function alone(changed: Partial<FailedLogins> = {}) {
  let now = 0;
  const told: LoginOutcome[] = [];
  const memory = new MemoryTallies({ ...settings, ...changed }, () => now);
  const guard = new Guard(memory, undefined, (outcome) => told.push(outcome));
  return {
    guard,
    memory,
    told,
    pass(milliseconds: number) {
      now += milliseconds;
    },
    judge: (client: string, user: string) => guard.judge({ session: 's', client, serverport: 993, user }),
    async fail(client: string, user: string, times: number) {
      for (let time = 0; time < times; time++) guard.failed(client, user);
      // Counting takes a microtask or two.
      await guard.judge({ session: 's', client, serverport: 993, user });
    },
  };
}

const pass: Verdict = { kind: 'pass' };
const refusedBy = (by: 'address' | 'user'): Verdict => ({ kind: 'refuse', by });

describe('the user', () => {
  test('each failure makes the next login wait longer, until it is refused', async () => {
    const { judge, fail } = alone();
    const verdicts: Verdict[] = [await judge('192.0.2.1', 'alice')];
    for (let time = 0; time < 5; time++) {
      await fail('192.0.2.1', 'alice', 1);
      verdicts.push(await judge('192.0.2.1', 'alice'));
    }
    const wait = (milliseconds: number): Verdict => ({ kind: 'wait', milliseconds });
    assert.deepEqual(verdicts, [pass, wait(2000), wait(4000), wait(6000), wait(8000), refusedBy('user')]);
  });

  test('from however many addresses the guesses come, and in whatever case', async () => {
    const { judge, fail } = alone();
    for (const [index, user] of ['alice', 'Alice', 'ALICE', 'aLICE', 'alicE'].entries())
      await fail(`192.0.2.${index}`, user, 1);
    assert.deepEqual(await judge('198.51.100.1', 'alice'), refusedBy('user'));
    assert.deepEqual(await judge('198.51.100.1', 'bob'), pass);
  });

  test('failures are forgotten `within` after the first, a block after `block`', async () => {
    const { judge, fail, pass: wait } = alone();
    await fail('192.0.2.1', 'alice', 4);
    wait(59_999);
    assert.equal((await judge('192.0.2.1', 'alice')).kind, 'wait');
    wait(1);
    assert.deepEqual(await judge('192.0.2.1', 'alice'), pass);
    await fail('192.0.2.1', 'alice', 5);
    wait(599_999);
    assert.deepEqual(await judge('192.0.2.1', 'alice'), refusedBy('user'));
    wait(1);
    assert.deepEqual(await judge('192.0.2.1', 'alice'), pass);
  });

  test('what was on its way when the block began makes it no longer', async () => {
    const { judge, fail, pass: wait } = alone();
    await fail('192.0.2.1', 'alice', 5);
    wait(300_000);
    await fail('192.0.2.1', 'alice', 3);
    wait(300_000);
    assert.deepEqual(await judge('192.0.2.1', 'alice'), pass);
  });

  test('who has logged in somewhere cannot be locked out there by others', async () => {
    const { guard, judge, fail } = alone();
    guard.succeeded('192.0.2.1', 'alice');
    await fail('198.51.100.1', 'alice', 5);
    assert.deepEqual(await judge('198.51.100.2', 'alice'), refusedBy('user'));
    assert.deepEqual(await judge('192.0.2.1', 'alice'), pass);
  });

  test('guesses from where the user is known count there alone, and a success forgives them', async () => {
    const { guard, judge, fail } = alone();
    guard.succeeded('192.0.2.1', 'alice');
    await fail('192.0.2.1', 'alice', 4);
    assert.equal((await judge('192.0.2.1', 'alice')).kind, 'wait');
    assert.deepEqual(await judge('198.51.100.1', 'alice'), pass);
    guard.succeeded('192.0.2.1', 'alice');
    assert.deepEqual(await judge('192.0.2.1', 'alice'), pass);
    await fail('192.0.2.1', 'alice', 5);
    assert.deepEqual(await judge('192.0.2.1', 'alice'), refusedBy('user'));
    assert.deepEqual(await judge('192.0.2.1', 'bob'), pass);
  });

  test('a success forgives nothing of what strangers did', async () => {
    const { guard, judge, fail } = alone();
    await fail('198.51.100.1', 'alice', 4);
    guard.succeeded('192.0.2.1', 'alice');
    await fail('198.51.100.1', 'alice', 1);
    assert.deepEqual(await judge('198.51.100.1', 'alice'), refusedBy('user'));
  });
});

describe('the address', () => {
  test('is refused when it has failed with many names, but for those who are known there', async () => {
    const { guard, judge, fail } = alone();
    guard.succeeded('192.0.2.1', 'carol');
    for (let number = 0; number < 20; number++) await fail('192.0.2.1', `guess${number}`, 1);
    assert.deepEqual(await judge('192.0.2.1', 'dave'), refusedBy('address'));
    assert.deepEqual(await judge('192.0.2.1', 'carol'), pass);
    assert.deepEqual(await judge('192.0.2.2', 'dave'), pass);
  });

  test("its owner's own logins do not wash it", async () => {
    const { guard, judge, fail } = alone();
    for (let number = 0; number < 20; number++) {
      await fail('192.0.2.1', `guess${number}`, 1);
      guard.succeeded('192.0.2.1', 'mallory');
    }
    assert.deepEqual(await judge('192.0.2.1', 'dave'), refusedBy('address'));
  });

  test('counts alone where no name is shown, and nobody is known by none', async () => {
    const { guard, judge, fail, memory } = alone();
    guard.succeeded('192.0.2.1', '');
    assert.equal(memory.size, 0);
    await fail('192.0.2.1', '', 19);
    assert.equal((await judge('192.0.2.1', '')).kind, 'wait');
    assert.deepEqual(await judge('192.0.2.2', ''), pass);
    await fail('192.0.2.1', '', 1);
    assert.deepEqual(await judge('192.0.2.1', ''), refusedBy('address'));
    assert.deepEqual(await judge('192.0.2.1', 'dave'), refusedBy('address'));
    assert.deepEqual(await judge('192.0.2.2', ''), pass);
  });

  test('is not counted where `perAddress` is 0, with a name or without', async () => {
    const { judge, fail, memory } = alone({ perAddress: 0 });
    await fail('192.0.2.1', '', 1000);
    assert.equal(memory.size, 0);
    assert.deepEqual(await judge('192.0.2.1', ''), pass);
  });

  test('is a /64 of IPv6', async () => {
    const { judge, fail } = alone();
    for (let number = 0; number < 20; number++) await fail(`2001:db8::${number + 1}`, `guess${number}`, 1);
    assert.deepEqual(await judge('2001:db8::ffff:1', 'dave'), refusedBy('address'));
    assert.deepEqual(await judge('2001:db8:0:1::1', 'dave'), pass);
  });
});

test('a limit of 0 counts nothing', async () => {
  const { judge, fail, memory } = alone({ perUser: 0, perAddress: 0 });
  await fail('192.0.2.1', 'alice', 1000);
  assert.deepEqual(await judge('192.0.2.1', 'alice'), pass);
  assert.equal(memory.size, 0);
});

test('others are told of every failure, and of a success only where it changes something', async () => {
  const { guard, told, fail, pass: wait } = alone();
  const successes = () => told.filter(({ kind }) => kind === 'succeeded').length;
  for (let time = 0; time < 10; time++) guard.succeeded('192.0.2.1', 'alice');
  assert.equal(successes(), 1);
  await fail('192.0.2.1', 'alice', 2);
  assert.equal(told.length, 3);
  guard.succeeded('192.0.2.1', 'alice');
  assert.equal(successes(), 2);
  wait(8 * 24 * 3_600_000);
  guard.succeeded('192.0.2.1', 'alice');
  assert.equal(successes(), 3, 'a week later, that the address is still known');
});

test('who learns what others told, or takes over what they know, judges as they do', async () => {
  const { guard, memory, told, fail, judge } = alone();
  guard.succeeded('192.0.2.1', 'alice');
  await fail('198.51.100.1', 'alice', 5);
  await fail('192.0.2.1', 'alice', 1);
  const learner = alone();
  for (const outcome of told) learner.guard.learn(outcome);
  const heir = alone();
  heir.memory.restore(memory.snapshot);
  for (const client of ['192.0.2.1', '198.51.100.1', '203.0.113.1']) {
    const verdict = await judge(client, 'alice');
    assert.deepEqual(await learner.judge(client, 'alice'), verdict);
    assert.deepEqual(await heir.judge(client, 'alice'), verdict);
  }
  assert.deepEqual(learner.told, [], 'what was learnt is not told again');
});

test('a flood of addresses and names takes no more than so much memory (A16)', async () => {
  const { guard, memory, judge, fail } = alone();
  for (let number = 0; number < 50_000; number++)
    guard.failed(
      `2001:db8:${(number >> 16).toString(16)}:${(number & 0xffff).toString(16)}::1`,
      `u${number}`,
    );
  await fail('192.0.2.1', 'alice', 5);
  assert.ok(memory.size <= 20_000, `${memory.size} keys`);
  assert.deepEqual(await judge('192.0.2.1', 'alice'), refusedBy('user'));
});
