/** Whose failures count, and who is asked where else: the guard in front of the script, as sessions and connections use it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FailedLogins } from '../../src/config/config.ts';
import { Guard } from '../../src/guard/guard.ts';
import { MemoryTallies } from '../../src/guard/memory-tallies.ts';
import type { ConnectionEvents } from '../../src/net/connection-events.ts';
import { guardLogins } from '../../src/net/guarded-logins.ts';
import { type HookContext, noHooks, type Question } from '../../src/rewrite/question.ts';
import type { Login } from '../../src/session/effect.ts';
import { sessionSettings } from '../support/session-settings.ts';

const settings: FailedLogins = {
  perAddress: 5,
  perUser: 3,
  within: 60_000,
  block: 60_000,
  delay: 0,
  except: [],
};

const ignored = () => {};
const noEvents: Pick<ConnectionEvents, 'loggedIn' | 'loginFailed'> = {
  loggedIn: ignored,
  loginFailed: ignored,
};

function guarded(changed: Partial<FailedLogins> = {}) {
  const limits = { ...settings, ...changed };
  const guard = new Guard(new MemoryTallies(limits), undefined, ignored);
  const hooks = {
    defines: noHooks,
    openSession: () => ({ ask: () => Promise.reject(new Error('there is no script')) }),
  };
  const { hooks: asked, events } = guardLogins(
    { hooks, events: noEvents as ConnectionEvents },
    guard,
    limits,
    ignored,
  );
  const factsOf = (client: string) => ({ ...sessionSettings, client });
  return {
    async fail(login: Omit<Login, 'mechanism'>, times: number, client = '192.0.2.1') {
      for (let time = 0; time < times; time++)
        events.loginFailed(factsOf(client), { mechanism: 'PLAIN', code: undefined, ...login });
      await Promise.resolve();
    },
    succeed(login: Omit<Login, 'mechanism'>, client = '192.0.2.1') {
      events.loggedIn(factsOf(client), { mechanism: 'PLAIN', ...login });
    },
    async allows(user: string, passwordOf: string, client = '192.0.2.1'): Promise<boolean> {
      const { session, server, serverport } = sessionSettings;
      const where: HookContext = {
        ...{ session, client, server, serverport },
        ...{ tls: true, user: undefined, command: undefined },
      };
      const question: Question = { kind: 'login', user, passwordOf, context: where };
      const answer = await asked.openSession().ask(question);
      return answer.kind === 'login' && answer.allow;
    },
  };
}

test('failures count against the name whose password is guessed, whomever the session would belong to', async () => {
  const { fail, allows } = guarded();
  for (const user of ['one', 'two', 'three']) await fail({ user, passwordOf: 'victim' }, 1);
  assert.equal(await allows('four', 'victim'), false);
  assert.equal(await allows('victim', 'four'), true);
});

test("who logs in for another washes nothing of the other's", async () => {
  const { fail, succeed, allows } = guarded();
  succeed({ user: 'victim', passwordOf: 'victim' });
  await fail({ user: 'victim', passwordOf: 'victim' }, 2);
  succeed({ user: 'victim', passwordOf: 'mallory' });
  await fail({ user: 'victim', passwordOf: 'victim' }, 1);
  assert.equal(await allows('victim', 'victim'), false);
});

test('without a name the address is judged and counted, and an exchange that came to no password is not', async () => {
  const { fail, allows } = guarded();
  await fail({ user: undefined, passwordOf: undefined }, 5);
  assert.equal(await allows('', ''), true);
  await fail({ user: undefined, passwordOf: '' }, 5);
  assert.equal(await allows('', ''), false);
  assert.equal(await allows('', '', '192.0.2.2'), true);
});
