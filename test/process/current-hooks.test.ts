/** Which script answers which question, and when a script that was replaced is ended. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HookHost } from '../../src/hooks/hook-host.ts';
import { CurrentHooks } from '../../src/process/current-hooks.ts';
import { type Answer, noHooks, type Question } from '../../src/rewrite/question.ts';

const question: Question = {
  kind: 'encryption',
  mode: 0,
  context: {
    session: 's',
    client: '127.0.0.1',
    server: '127.0.0.1',
    serverport: 143,
    tls: false,
    user: undefined,
    command: undefined,
  },
};

/** A script that answers `mode` when it is told to. */
function script(mode: 0 | 1 | 3) {
  const open: ((answer: Answer) => void)[] = [];
  const seen = { closed: false, sessions: 0 };
  const host = {
    defines: { ...noHooks, encryption: true },
    files: [`${mode}.lua`],
    isLoaded: () => true,
    openSession() {
      seen.sessions++;
      return { ask: () => new Promise<Answer>((resolve) => open.push(resolve)) };
    },
    async close() {
      seen.closed = true;
    },
  } as unknown as HookHost;
  return { host, seen, answerNext: () => open.shift()!({ kind: 'encryption', mode }) };
}

test('what is under way is answered by the old script, what comes later by the new one', async () => {
  const [first, second] = [script(1), script(3)];
  const hooks = new CurrentHooks(first.host);
  const session = hooks.openSession();
  const before = session.ask(question);
  hooks.use(second.host);
  const after = session.ask(question);
  second.answerNext();
  assert.deepEqual(await after, { kind: 'encryption', mode: 3 });
  assert.equal(first.seen.closed, false);
  first.answerNext();
  assert.deepEqual(await before, { kind: 'encryption', mode: 1 });
  await new Promise(setImmediate);
  assert.equal(first.seen.closed, true);
  assert.equal(second.seen.closed, false);
  assert.deepEqual(hooks.files, ['3.lua']);
});

test('a script that nobody waits for is ended at once; each has definitions of its own', async () => {
  const [first, second] = [script(1), script(3)];
  const hooks = new CurrentHooks(first.host);
  const before = hooks.defines;
  assert.equal(hooks.defines, before);
  hooks.use(second.host);
  assert.notEqual(hooks.defines, before);
  await new Promise(setImmediate);
  assert.equal(first.seen.closed, true);
});

test('a session asks each script through a session of its own, opened once', async () => {
  const [first, second] = [script(1), script(3)];
  const hooks = new CurrentHooks(first.host);
  const session = hooks.openSession();
  hooks.use(second.host);
  for (const _ of ['one', 'two']) {
    const asked = session.ask(question);
    second.answerNext();
    await asked;
  }
  assert.deepEqual([first.seen.sessions, second.seen.sessions], [1, 1]);
});

test('at the end those too are ended that still have questions', async () => {
  const [first, second] = [script(1), script(3)];
  const hooks = new CurrentHooks(first.host);
  void hooks.openSession().ask(question);
  hooks.use(second.host);
  await hooks.close();
  assert.deepEqual([first.seen.closed, second.seen.closed], [true, true]);
});
