/** The three functions: what they are given, what they may return, and what becomes of the rest. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { KEPT } from '../../src/rewrite/folders.ts';
import { noHooks } from '../../src/rewrite/question.ts';
import {
  asking,
  capability,
  context,
  encryption,
  failures,
  folderWith,
  list,
  listed,
  listQuestion,
  openFile,
  openScript,
} from './scripted-host.ts';

const vpop3 = fileURLToPath(new URL('../../../test/fixtures/vpop3/', import.meta.url));
const example = (name: string): string => readFileSync(join(vpop3, `${name}.lua`), 'utf8');

test("VPOP3's three examples run unmodified, one script each", async (t) => {
  const caps = await openFile(t, join(vpop3, 'capability.lua'));
  assert.deepEqual(caps.host.defines, { ...noHooks, capability: true });
  assert.equal(await capability(caps.session, ' IMAP4rev1 IDLE NAMESPACE '), ' IMAP4rev1 NAMESPACE ');

  const folders = await openFile(t, join(vpop3, 'list.lua'));
  assert.deepEqual(folders.host.defines, { ...noHooks, list: true });
  const question = listQuestion('INBOX', 'Entw&APw-rfe');
  const answer = await folders.session.ask(question);
  assert.ok(answer.kind === 'list');
  assert.ok(
    answer.fates.lengths.every((fate) => fate === KEPT),
    'a folder left alone is answered by the very bytes that came',
  );

  const modes = await openFile(t, join(vpop3, 'encryption.lua'));
  assert.deepEqual(modes.host.defines, { ...noHooks, encryption: true });
  assert.equal(await encryption(modes.session, 0, 993), 1);
  assert.equal(await encryption(modes.session, 3, 143), 3);
  assert.deepEqual([...caps.events, ...folders.events, ...modes.events], []);
});

test("VPOP3's three examples run unmodified in one file", async (t) => {
  const all = ['capability', 'list', 'encryption'].map(example).join('\n');
  const { host, session } = await openScript(t, all);
  assert.deepEqual(host.defines, { ...noHooks, encryption: true, capability: true, list: true });
  assert.equal(await capability(session, ' IDLE IMAP4rev1 '), ' IMAP4rev1 ');
  assert.deepEqual(await list(session, listQuestion('INBOX')), [listed('INBOX').toString()]);
  assert.equal(await encryption(session, 0), 1);
});

test('the script that npm start runs hides IDLE and the folder "Hidden"', async (t) => {
  const script = fileURLToPath(new URL('../../../hooks/imap4.lua', import.meta.url));
  const { session, events } = await openFile(t, script);
  assert.equal(await capability(session, ' IMAP4rev1 IDLE '), ' IMAP4rev1 ');
  assert.deepEqual(await list(session, listQuestion('INBOX', 'Hidden')), [
    listed('INBOX').toString(),
    undefined,
  ]);
  assert.equal(await encryption(session, 3, 1143), 3);
  assert.deepEqual(events, []);
});

test('every function gets the context, new for each call', async (t) => {
  const { session, events } = await openScript(
    t,
    `local function say(c)
       print(c.session, c.client, c.server, c.serverport, c.tls, c.user, c.command, c.mine)
       c.mine = "kept"
     end
     function DoListResult(f, a, e, c) say(c) return true end
     function DoCapability(ip, caps, ...) say(...) return caps end
     function GetEncryption(client, server, port, mode, c) say(c) return mode end`,
  );
  await list(session, listQuestion('one', 'two'));
  const before = { ...context, tls: false, user: undefined, command: undefined };
  await session.ask({ kind: 'capability', capabilities: ' A ', context: before });
  await session.ask({ kind: 'encryption', mode: 3, context: before });
  const known = String.raw`s1\t10.0.0.5\t192.0.2.1\t993\ttrue\tanna\tLIST\tnil`;
  const unknown = String.raw`s1\t10.0.0.5\t192.0.2.1\t993\tfalse\tnil\tnil\tnil`;
  assert.deepEqual(
    events,
    [known, known, unknown, unknown].map((text) => ({ kind: 'printed', text, level: 'info' })),
  );
});

test('folder, attributes and extended data reach the script as docs/scripting.md says, and go back', async (t) => {
  const { session, events } = await openScript(
    t,
    `function DoListResult(f, a, e)
       print("<" .. f .. "><" .. a .. "><" .. e .. ">")
       if f == "gone" then return false, "\\r\\n", 7 end
       return true, a .. " \\\\Sent", ' ("CHILDINFO" ("SUBSCRIBED"))'
     end`,
  );
  const responses = [listed('Entw&APw-rfe', '\\A', ' ("X" (1))'), listed('a \\"b'), listed('gone')];
  assert.deepEqual(await list(session, asking(responses)), [
    '* LIST (\\A \\Sent) "/" "Entw&APw-rfe" ("CHILDINFO" ("SUBSCRIBED"))\r\n',
    '* LIST (\\HasNoChildren \\Sent) "/" "a \\"b" ("CHILDINFO" ("SUBSCRIBED"))\r\n',
    undefined,
  ]);
  assert.deepEqual(
    events.map((event) => event.kind === 'printed' && event.text),
    ['<Entwürfe><\\A>< ("X" (1))>', '<a "b><\\HasNoChildren><>', '<gone><\\HasNoChildren><>'],
  );
});

test('bytes that are not UTF-8 survive the way through Lua (L8)', async (t) => {
  const { session } = await openScript(
    t,
    `function DoListResult(f, a, e)
       if f ~= "\\255\\0x" and f ~= "\\xfc\\xe9" then return false end
       return true, a, ' ("X" ("' .. f:sub(1, 1) .. '"))'
     end
     function DoCapability(ip, caps) return caps .. "\\xff\\x80" end`,
  );
  const responses = [listed('\xfc\xe9')];
  assert.deepEqual(await list(session, asking(responses)), [
    '* LIST (\\HasNoChildren) "/" "\xfc\xe9" ("X" ("\xfc"))\r\n',
  ]);
  assert.equal(await capability(session, ' X\xe4 '), ' X\xe4 \xff\x80');
});

test('a name is decoded only where names are modified UTF-7 (P27)', async (t) => {
  const { session } = await openScript(
    t,
    'function DoListResult(f) return f ~= "Entw\\u{fc}rfe" and f ~= "a" end',
  );
  const responses = [listed('Entw&APw-rfe'), listed('&AGE-')];
  assert.deepEqual(await list(session, asking(responses)), [undefined, undefined]);
  const kept = await list(session, asking(responses, 'utf8'));
  assert.deepEqual(
    kept.map((text) => text === undefined),
    [false, false],
  );
});

const nonsense: readonly { returns: string; says: RegExp }[] = [
  { returns: '', says: /returned nil first, not true or false/ },
  { returns: 'nil', says: /returned nil first/ },
  { returns: '1', says: /returned number first/ },
  { returns: 'true, 7', says: /returned number for the attributes/ },
  { returns: 'true, string.gsub(a, "x", "y")', says: /returned number for the extended data.*parentheses/ },
  { returns: 'true, {}', says: /returned table for the attributes/ },
  { returns: 'true, "\\\\A) x"', says: /attributes/ },
  { returns: 'true, "\\\\A\\r\\n* BYE"', says: /attributes/ },
  { returns: 'true, a, "\\r\\n* BYE"', says: /extended data/ },
  { returns: 'true, a, " (\\0)"', says: /extended data/ },
  { returns: 'true, a, string.rep("x", 70000)', says: /more than 65536 bytes/ },
];

for (const { returns, says } of nonsense) {
  for (const onError of ['pass', 'hide'] as const) {
    test(`DoListResult: "return ${returns}" is an error, onError ${onError}`, async (t) => {
      const text = `function DoListResult(f, a, e)\n  if f == "good" then return true, a, e end\n  return ${returns}\nend`;
      const { session, events } = await openScript(t, text, { onError });
      const answers = await list(session, listQuestion('bad', 'good', 'bad'));
      const bad = onError === 'pass' ? listed('bad').toString() : undefined;
      assert.deepEqual(answers, [bad, listed('good').toString(), bad]);
      const [message, ...others] = failures(events);
      assert.match(message ?? '', /^script\.lua:1: DoListResult /);
      assert.match(message ?? '', says);
      assert.deepEqual(others, [], 'reported once a batch');
      assert.ok(events[0]?.kind === 'failed' && events[0].count === 2);
    });
  }
}

test('DoCapability: what is no string, or would end the line, is an error', async (t) => {
  for (const returns of [
    '',
    'nil',
    '42',
    'true',
    '"A\\r\\nB"',
    '"A\\nB"',
    '"A\\0B"',
    '" "',
    '" A] * BYE "',
    '" {5} "',
    '("x"):rep(70000)',
  ]) {
    const text = `function DoCapability(ip, caps)\n  return ${returns}\nend`;
    const pass = await openScript(t, text);
    assert.equal(await capability(pass.session, ' IMAP4rev1 IDLE '), ' IMAP4rev1 IDLE ', returns);
    assert.match(failures(pass.events)[0] ?? '', /^script\.lua:1: DoCapability returned /, returns);
  }
  const odd = await openScript(t, 'function DoCapability(ip, caps) return caps .. " X-NEW" end');
  assert.equal(
    await capability(odd.session, ' IMAP4rev1 X"Y '),
    ' IMAP4rev1 X"Y  X-NEW',
    "what the server says is not the script's fault",
  );
  assert.deepEqual(odd.events, []);
  const hide = await openScript(t, 'function DoCapability() end', { onError: 'hide' });
  const left = (await capability(hide.session, ' IMAP4rev1 IDLE STARTTLS AUTH=PLAIN ')).trim().split(/ +/);
  assert.deepEqual(left, ['IMAP4rev1', 'STARTTLS', 'AUTH=PLAIN']);
});

test('GetEncryption: anything but 0, 1 and 3 means the mode that was asked with', async (t) => {
  for (const returns of ['', '"1"', '2', '1.5', '-1', '0/0', 'true', '{}']) {
    const { session, events } = await openScript(t, `function GetEncryption()\n  return ${returns}\nend`, {
      onError: 'hide',
    });
    assert.equal(await encryption(session, 3), 3, returns);
    assert.match(
      failures(events)[0] ?? '',
      /^script\.lua:1: GetEncryption returned .*, not 0, 1 or 3$/,
      returns,
    );
  }
  const float = await openScript(t, 'function GetEncryption() return 1.0 end');
  assert.equal(await encryption(float.session, 3), 1);
});

test('an error carries the line of the script, in the function or in what it calls', async (t) => {
  const { session, events } = await openScript(
    t,
    `function DoListResult(f, a, e)
       if f == "index" then return f.x.y end
       if f == "error" then error("no\\nway\\27[2J") end
       if f == "table" then error({ code = 1 }) end
       if f == "tostring" then error(setmetatable({}, { __tostring = function() return "mine" end })) end
       if f == "bad tostring" then error(setmetatable({}, { __tostring = error })) end
       if f == "level" then error("bare", 0) end
       if f == "nil" then error(nil) end
       if f == "argument" then return string.rep() end
       if f == "deep" then local function deep() return 1 + deep() end deep() end
       return true, a, e
     end`,
  );
  for (const name of [
    'index',
    'error',
    'table',
    'tostring',
    'level',
    'nil',
    'argument',
    'bad tostring',
    'deep',
  ]) {
    assert.deepEqual(await list(session, listQuestion(name)), [listed(name).toString()]);
  }
  const [index, error, table, tostring, level, nil, argument, badTostring, deep, ...more] = failures(events);
  assert.equal(index, "script.lua:2: attempt to index a nil value (field 'x')");
  assert.equal(error, 'script.lua:3: no\\nway\\x1b[2J');
  assert.equal(table, 'script.lua:4: (the error is a table value)');
  assert.equal(tostring, 'script.lua:5: mine');
  assert.equal(level, 'script.lua: bare');
  assert.equal(nil, 'script.lua:8: (the error is a nil value)');
  assert.match(argument ?? '', /^script\.lua:9: bad argument #1 to 'rep'/);
  assert.match(badTostring ?? '', /^script\.lua/);
  assert.match(deep ?? '', /^script\.lua:10: .*overflow/);
  assert.deepEqual(more, []);
});

test('a long error is cut, and a printed flood is cut off', async (t) => {
  const { session, events } = await openScript(
    t,
    `function DoCapability(ip, caps)
       for i = 1, 100 do print(string.rep("x", 5000)) end
       error(string.rep("y", 5000))
     end`,
  );
  await capability(session, ' A ');
  const printed = events.filter((event) => event.kind === 'printed');
  assert.equal(printed.length, 21);
  assert.ok(printed.every((event) => event.text.length <= 1001));
  assert.ok((failures(events)[0]?.length ?? 0) <= 401);
});

test('a response that cannot be read is a failed call', async (t) => {
  const { session, events } = await openScript(t, 'function DoListResult() return true end', {
    onError: 'hide',
  });
  const responses = [Buffer.from('* LIST nonsense\r\n'), listed('INBOX')];
  assert.deepEqual(await list(session, asking(responses)), [undefined, listed('INBOX').toString()]);
  assert.match(failures(events)[0] ?? '', /cannot be read/);
});

test('a function that is not defined leaves its part alone, whatever onError says', async (t) => {
  const { session, events } = await openScript(t, 'x = 1', { onError: 'hide' });
  assert.equal(await capability(session, ' IDLE '), ' IDLE ');
  assert.deepEqual(await list(session, listQuestion('a')), [listed('a').toString()]);
  assert.equal(await encryption(session, 0), 0);
  assert.deepEqual(events, []);
});

test('globals live from call to call', async (t) => {
  const { session } = await openScript(t, 'n = 0 function DoCapability() n = n + 1 return tostring(n) end');
  assert.equal(await capability(session, ' A '), '1');
  assert.equal(await capability(session, ' A '), '2');
});

test('a batch of a thousand folders comes back in order', async (t) => {
  const { session } = await openScript(
    t,
    `function DoListResult(f, a, e)
       local n = tonumber(f)
       if n % 3 == 0 then return false end
       if n % 3 == 1 then return true end
       return true, "\\\\N" .. f
     end`,
  );
  const names = Array.from({ length: 1000 }, (_, at) => String(at));
  const expected = names.map((name, at) =>
    at % 3 === 0 ? undefined : listed(name, at % 3 === 1 ? '\\HasNoChildren' : `\\N${name}`).toString(),
  );
  assert.deepEqual(await list(session, listQuestion(...names)), expected);
});

test('a script may begin with a byte order mark or a # line, and keeps its line numbers', async (t) => {
  const folder = folderWith(t, {
    'script.lua': '\ufeff#!/usr/bin/lua\nfunction DoCapability()\nerror("here") end',
  });
  const { session, events } = await openFile(t, join(folder, 'script.lua'));
  await capability(session, ' A ');
  assert.deepEqual(failures(events), ['script.lua:3: here']);
});

test('P22: a hidden former name (OLDNAME) is not told, a visible one is', async (t) => {
  const { session } = await openScript(t, 'function DoListResult(f) return f ~= "Secret" end');
  const lines = [
    '("OLDNAME" ("Secret"))',
    '("OLDNAME" ("Open"))',
    '("CHILDINFO" ("SUBSCRIBED") "OLDNAME" (Secret))',
  ];
  const responses = lines.map((extended) => Buffer.from(`* LIST () "/" now ${extended}\r\n`));
  assert.deepEqual(await list(session, asking(responses)), [
    '* LIST () "/" now\r\n',
    '* LIST () "/" now ("OLDNAME" ("Open"))\r\n',
    '* LIST () "/" now ("CHILDINFO" ("SUBSCRIBED"))\r\n',
  ]);
});
