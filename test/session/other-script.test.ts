/** Another script, or none, comes in the middle of a session: what was asked for is awaited, what was said is forgotten. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutScript } from '../../src/hooks/answers.ts';
import { fromLatin1, latin1 } from '../../src/imap-parser-lite/index.ts';
import { type Answer, type DefinedHooks, noHooks, type Question } from '../../src/rewrite/question.ts';
import type { SessionSettings } from '../../src/session/conversation.ts';
import type { Effect } from '../../src/session/effect.ts';
import { Session } from '../../src/session/session.ts';
import { sessionSettings } from '../support/session-settings.ts';
import { hidingScript } from '../support/transcript.ts';

const lists: DefinedHooks = { ...noHooks, list: true };

/** A logged-in session whose script can be changed, and what it says to both sides. */
function played(enforce: boolean) {
  let hooks = lists;
  let asked: Question | undefined;
  const client: string[] = [];
  const upstream: string[] = [];
  const settings: SessionSettings = {
    ...sessionSettings,
    enforce,
    hooks: {
      get defines() {
        return hooks;
      },
    },
  };
  const session = new Session(settings);
  const take = (effects: readonly Effect[]): void => {
    for (const effect of effects) {
      if (effect.kind === 'write-client') client.push(latin1(effect.bytes));
      if (effect.kind === 'write-upstream') upstream.push(latin1(effect.bytes));
      if (effect.kind === 'ask') asked = effect.question;
    }
  };
  const from = (line: string): void => {
    const bytes = fromLatin1(`${line.slice(3)}\r\n`);
    take(line.startsWith('C') ? session.fromClient(bytes) : session.fromUpstream(bytes));
  };
  take(session.start());
  for (const line of ['S: * OK ready', 'C: a LOGIN joe secret', 'S: a OK welcome']) from(line);
  client.splice(0);
  upstream.splice(0);
  return {
    client,
    upstream,
    from,
    use(next: DefinedHooks) {
      hooks = next;
    },
    /** Answers the open question as this script does. */
    answer(script: (question: Question) => Answer) {
      assert.ok(asked, 'a question is open');
      const question = asked;
      asked = undefined;
      take(session.answered(script(question)));
    },
  };
}

const none = (question: Question): Answer => withoutScript(question, 'pass');

test('folders that were gathered for a script that is gone leave as they came', () => {
  const session = played(false);
  session.from('C: b LIST "" "*"');
  session.from('S: * LIST () "/" Hidden');
  session.use(noHooks);
  session.answer(none);
  session.from('S: * LIST () "/" Work');
  session.from('S: b OK done');
  assert.equal(session.client.join(''), '* LIST () "/" Hidden\r\n* LIST () "/" Work\r\nb OK done\r\n');
});

test('with enforce, what was asked of the server for a script that is gone is no answer for the client', () => {
  const session = played(true);
  session.from('C: b SELECT Hidden');
  assert.equal(session.upstream.join(''), 'imapveil-1 LIST "" "Hidden"\r\n');
  session.use(noHooks);
  session.from('S: * LIST () "/" Hidden');
  session.answer(none);
  session.from('S: imapveil-1 OK done');
  assert.equal(session.client.join(''), '');
  assert.equal(session.upstream[1], 'b SELECT Hidden\r\n');
});

test('with enforce, another script is asked anew about a folder that the one before has hidden', () => {
  const session = played(true);
  const select = (tag: string, script: (question: Question) => Answer): void => {
    session.from(`C: ${tag} SELECT Hidden`);
    session.from('S: * LIST () "/" Hidden');
    session.answer(script);
    session.from(`S: ${session.upstream.at(-1)?.split(' ')[0]} OK done`);
    session.from(`S: ${tag} NO done`);
  };
  select('b', hidingScript);
  session.use({ ...lists });
  select('c', none);
  assert.deepEqual(
    session.upstream.filter((line) => line.includes('SELECT')),
    ['b SELECT "imapveil-s1-Hidden"\r\n', 'c SELECT Hidden\r\n'],
  );
});
