/** Whatever is asked and answered arrives at the other thread as it left. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ThreadAnswer, ToThread } from '../../src/hooks/protocol.ts';
import { packAnswer, packQuestion, unpackAnswer, unpackQuestion } from '../../src/hooks/wire.ts';
import type { Answer, HookContext, HookKind, Question } from '../../src/rewrite/question.ts';

const context: HookContext = {
  session: 'bae739fe1b17',
  client: '192.0.2.1',
  server: '2001:db8::1',
  serverport: 993,
  tls: true,
  user: 'älice',
  command: 'LSUB',
};

const bytes = Uint8Array.of(0, 0xff, 0x0a);
const lengths = Uint32Array.of(2, 1);

/** One of each kind, so that a kind that is new cannot be forgotten here. */
const questions: { readonly [Kind in HookKind]: Extract<Question, { kind: Kind }> } = {
  encryption: { kind: 'encryption', mode: 3, context: { ...context, tls: false, user: undefined } },
  capability: { kind: 'capability', capabilities: ' IMAP4rev1 X\xff ', context },
  list: { kind: 'list', folders: { bytes, lengths }, names: 'utf8', context },
  login: { kind: 'login', user: '', context },
  greeting: { kind: 'greeting', text: 'Dovecot ready', context: { ...context, command: undefined } },
  id: {
    kind: 'id',
    fields: [
      ['name', null],
      ['version', '1'],
    ],
    context,
  },
  command: { kind: 'command', verb: 'UID EXPUNGE', arguments: '1:*', context },
};

const answers: { readonly [Kind in HookKind]: Extract<Answer, { kind: Kind }> | Answer } = {
  encryption: { kind: 'encryption', mode: 1 },
  capability: { kind: 'capability', capabilities: '' },
  list: { kind: 'list', fates: { bytes, lengths: Int32Array.of(-1, -3, 7) } },
  login: { kind: 'login', allow: false, message: undefined },
  greeting: { kind: 'greeting', text: 'hello' },
  id: { kind: 'id', fields: [] },
  command: { kind: 'command', allow: false, message: 'not here' },
};

test('questions', () => {
  for (const question of Object.values(questions)) {
    const asked: ToThread = { id: 7, question, skip: question.kind === 'list' ? [0, 1] : [] };
    assert.deepEqual(unpackQuestion(structuredClone(packQuestion(asked))), asked, question.kind);
  }
});

test('answers, and what failed', () => {
  const failure = { place: 'a.lua:1', message: 'no', arguments: '"x"', traceback: '', count: 2 };
  for (const answer of [...Object.values(answers), undefined]) {
    for (const failures of [[], [failure]]) {
      const answered: ThreadAnswer = { id: 7, answer, failures, failed: 3, took: 0.25 };
      assert.deepEqual(unpackAnswer(structuredClone(packAnswer(answered))), answered, answer?.kind);
    }
  }
});
