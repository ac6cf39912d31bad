/** The functions that VPOP3 does not have: what they are given, what they may return, and what becomes of the rest. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, type IdField, noHooks, type Question } from '../../src/rewrite/question.ts';
import { context, failures, openScript } from './scripted-host.ts';

type About<Kind extends Question['kind']> = Omit<Extract<Question, { kind: Kind }>, 'kind' | 'context'>;

const questions = {
  login: (user: string): Question => ({ kind: 'login', user, context }),
  greeting: (text: string): Question => ({ kind: 'greeting', text, context }),
  id: (fields: readonly IdField[]): Question => ({ kind: 'id', fields, context }),
  command: (about: About<'command'>): Question => ({ kind: 'command', ...about, context }),
};

const expunge = questions.command({ verb: 'UID EXPUNGE', arguments: '1:* \xfc' });
const allowed: Answer = { kind: 'login', allow: true, message: undefined };

test('DoLogin is given the client and the name, and allows or refuses', async (t) => {
  const { session, host } = await openScript(
    t,
    `function DoLogin(client, user, context)
      if context.tls and client == "10.0.0.5" and user == "j\u00fcrgen" then return true, "not heard" end
      if user == "silent" then return false end
      return false, user .. " may not"
    end`,
  );
  assert.deepEqual(host.defines, { ...noHooks, login: true });
  assert.deepEqual(await session.ask(questions.login('j\u00fcrgen')), allowed);
  assert.deepEqual(await session.ask(questions.login('silent')), { ...allowed, allow: false });
  assert.deepEqual(await session.ask(questions.login('bob')), {
    kind: 'login',
    allow: false,
    message: 'bob may not',
  });
});

test('DoCommand is given verb and arguments as bytes', async (t) => {
  const { session } = await openScript(
    t,
    `function DoCommand(client, command, arguments)
      return false, command .. "|" .. arguments .. "|" .. #arguments
    end`,
  );
  const answer = await session.ask(expunge);
  assert.deepEqual(answer, { kind: 'command', allow: false, message: 'UID EXPUNGE|1:* \xfc|5' });
});

test('DoGreeting gives another text', async (t) => {
  const { session } = await openScript(
    t,
    'function DoGreeting(client, greeting) return (greeting:gsub("Dovecot.*", "mail")) end',
  );
  assert.deepEqual(await session.ask(questions.greeting('Dovecot (Debian) ready.')), {
    kind: 'greeting',
    text: 'mail',
  });
});

test('DoId keeps the order and the spelling of what is left, and puts new fields behind', async (t) => {
  const { session } = await openScript(
    t,
    `function DoId(client, fields)
      assert(fields.os == false and fields.name == "Thunderbird")
      fields.version = nil
      fields.name = "mail"
      fields.zone = "b"
      fields.area = false
      return fields
    end`,
  );
  const given: IdField[] = [
    ['Version', '1'],
    ['OS', null],
    ['NAME', 'Thunderbird'],
  ];
  assert.deepEqual(await session.ask(questions.id(given)), {
    kind: 'id',
    fields: [
      ['OS', null],
      ['NAME', 'mail'],
      ['area', null],
      ['zone', 'b'],
    ],
  });
});

const wrong: readonly [name: string, body: string, question: Question, message: RegExp][] = [
  ['DoLogin', 'return', questions.login('a'), /returned nil first, not true or false/],
  ['DoLogin', 'return 1', questions.login('a'), /returned number first/],
  ['DoLogin', 'return false, 7', questions.login('a'), /returned number, not a message/],
  ['DoLogin', 'return false, "a\\r\\n* BYE"', questions.login('a'), /a message with a line end/],
  ['DoLogin', 'return false, ("x"):rep(501)', questions.login('a'), /more than 500 bytes for a message/],
  ['DoCommand', 'return false, "a\\0"', expunge, /a NUL in it/],
  ['DoGreeting', 'return nil', questions.greeting('x'), /returned nil, not a greeting/],
  ['DoGreeting', 'return ""', questions.greeting('x'), /an empty greeting/],
  ['DoGreeting', 'return "[ALERT] x"', questions.greeting('x'), /begins with \[/],
  ['DoId', 'return "x"', questions.id([]), /returned string, not a table of fields/],
  ['DoId', 'return { "x" }', questions.id([]), /a number for the name of a field/],
  ['DoId', 'return { a = true }', questions.id([]), /a boolean for the field a, not a string or false/],
  ['DoId', 'return { a = "x\\n" }', questions.id([]), /the field a with a line end/],
  ['DoId', 'return { [("n"):rep(31)] = "x" }', questions.id([]), /more than 30 bytes for the name/],
  [
    'DoId',
    'local t = {} for i = 1, 31 do t["f" .. i] = "x" end return t',
    questions.id([]),
    /more than 30 fields/,
  ],
];

for (const [name, body, question, message] of wrong) {
  test(`${name}: ${JSON.stringify(body)} is an error: onError decides`, async (t) => {
    const text = `function ${name}(...) ${body} end`;
    const passing = await openScript(t, text);
    const hiding = await openScript(t, text, { onError: 'hide' });
    const [passed, hidden] = [await passing.session.ask(question), await hiding.session.ask(question)];
    assert.match(failures(passing.events).join(), message);
    assert.match(failures(passing.events).join(), new RegExp(`^script\\.lua:1: ${name} `));
    switch (question.kind) {
      case 'login':
      case 'command':
        assert.deepEqual(passed, { kind: question.kind, allow: true, message: undefined });
        assert.deepEqual(hidden, { kind: question.kind, allow: false, message: undefined });
        return;
      case 'greeting':
        assert.deepEqual(passed, { kind: 'greeting', text: question.text });
        assert.notDeepEqual(hidden, passed);
        return;
      default:
        assert.deepEqual(passed, { kind: 'id', fields: [] });
        assert.deepEqual(hidden, { kind: 'id', fields: [] });
    }
  });
}
