/** What a script may reach (L4, L6, L7, L10), and what `require` finds. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { HookHost } from '../../src/hooks/hook-host.ts';
import { createHookHost, type ScriptFault } from '../../src/hooks/host.ts';
import { noHooks } from '../../src/rewrite/question.ts';
import { capability, failures, faultOf, folderWith, openFile, openScript } from './scripted-host.ts';

/** The value of a Lua expression, as text. */
async function evaluate(t: TestContext, expression: string, before = ''): Promise<string> {
  const { session, events } = await openScript(
    t,
    `${before}\nfunction DoCapability(_, caps) print(tostring(${expression})) return caps end`,
  );
  await capability(session, ' A ');
  const printed = events.flatMap((event) => (event.kind === 'printed' ? [event.text] : []));
  return failures(events)[0] ?? printed.join('\n');
}

/** A script that has a fault is not left open. */
function opened(script: string): Promise<HookHost | ScriptFault> {
  return createHookHost({ script, deadline: 1000, onError: 'pass' }, () => {});
}

const forbidden = [
  'io',
  'package',
  'debug',
  'fengari',
  'js',
  'coroutine',
  'dofile',
  'loadfile',
  'collectgarbage',
  'string.dump',
  'os.execute',
  'os.getenv',
  'os.exit',
  'os.remove',
  'os.rename',
  'os.tmpname',
  'os.setlocale',
  'process',
];

test('what touches the machine is nil (L6)', async (t) => {
  const { session } = await openScript(
    t,
    `function DoCapability() return tostring(${forbidden.join(' == nil) .. tostring(')} == nil) end`,
  );
  assert.equal(await capability(session, ' A '), 'true'.repeat(forbidden.length));
});

test('nothing is global that is not on the list', async (t) => {
  const names = await evaluate(
    t,
    'table.concat(names, " ")',
    'names = {} for name in pairs(_G) do if name ~= "names" then names[#names + 1] = name end end table.sort(names)',
  );
  assert.deepEqual(
    names.split(' ').filter((name) => !name.startsWith('Do')),
    [
      ...[
        '_G',
        '_VERSION',
        'assert',
        'bit32',
        'cache',
        'config',
        'error',
        'getmetatable',
        'http',
        'imap',
        'ip',
        'ipairs',
        'json',
        'load',
        'loadstring',
        'log',
        'math',
        'next',
        'os',
        'pairs',
      ],
      ...['pcall', 'print', 'rawequal', 'rawget', 'rawlen', 'rawset', 'require', 'select', 'setmetatable'],
      ...['string', 'table', 'tonumber', 'tostring', 'type', 'unpack', 'utf8', 'xpcall'],
    ],
  );
});

test('what a script needs is there', async (t) => {
  for (const [expression, value] of [
    ['("a-b"):upper()', 'A-B'],
    ['string.rep("ab", 3, ",")', 'ab,ab,ab'],
    ['#string.rep("x", 1024 * 1024)', '1048576'],
    ['math.max(1, 2)', '2'],
    ['utf8.len("\u00fc")', '1'],
    ['table.concat({ 1, 2 }, ",")', '1,2'],
    ['type(os.time()) .. type(os.clock()) .. os.date("%Y", 86400 * 200)', 'numbernumber1970'],
    ['load("return 1 + 1")()', '2'],
    ['load(function() return nil end) ~= nil', 'true'],
    ['select("#", load("return x", "c", "t", { x = 5 })(), 1)', '2'],
    ['load("return x", "c", "bt", { x = 5 })()', '5'],
    ['require("string") == string and require("os") == os', 'true'],
  ] as const) {
    assert.equal(await evaluate(t, expression), value, expression);
  }
});

test('bytecode is never loaded (L6)', async (t) => {
  for (const call of [
    'load("\\27Lua")',
    'load("\\27Lua", "x", "b")',
    'load("\\27Lua", "x", "bt", {})',
    'load((function() local done return function() if done then return nil end done = true return "\\27Lua" end end)(), "x", "b")',
  ]) {
    assert.match(await evaluate(t, `select(2, ${call})`), /attempt to load a binary chunk/, call);
  }
  const whole = await faultOf(t, Buffer.from('\x1bLuaS'));
  assert.match(whole ?? '', /^script\.lua: attempt to load a binary chunk/);
});

test('the metatable of strings is out of reach (L7)', async (t) => {
  assert.equal(await evaluate(t, 'getmetatable("")'), 'false');
  assert.match(await evaluate(t, 'setmetatable("", {})'), /table expected/);
  assert.equal(await evaluate(t, '("x"):rep(3)'), 'xxx');
});

test('string.rep is bounded (L4)', async (t) => {
  for (const call of [
    'string.rep("x", 1024 * 1024 + 1)',
    'string.rep("x", 2147483647)',
    'string.rep("", 2147483647, "xx")',
    '("x"):rep(600000):rep(2)',
  ]) {
    assert.match(await evaluate(t, `#${call}`), /^script\.lua:2: resulting string too large/, call);
  }
});

test('FENGARICONF of the environment is not read (L10)', async (t) => {
  const folder = folderWith(t, { 'script.lua': 'x = 1' });
  const code = `import { createHookHost } from ${JSON.stringify(new URL('../../src/hooks/host.js', import.meta.url))};
    const settings = { script: process.argv[1], deadline: 1000, onError: 'pass' };
    const host = await createHookHost(settings, () => {});
    console.log(JSON.stringify(host.defines ?? host));
    await host.close?.();`;
  const said = execFileSync(
    process.execPath,
    ['--input-type=module', '-e', code, join(folder, 'script.lua')],
    { env: { ...process.env, FENGARICONF: 'no JSON' }, encoding: 'utf8' },
  );
  assert.deepEqual(JSON.parse(said), noHooks);
});

test('require finds text files of the script\u2019s folder, once', async (t) => {
  const folder = folderWith(t, {
    'script.lua': `local one, two = require("lib.folders"), require "lib.folders"
      local plain = require("plain")
      function DoCapability() return tostring(one == two) .. one.name .. tostring(plain) .. tostring(loads) end`,
    'plain.lua': 'loads = (loads or 0) + 1',
  });
  mkdirSync(join(folder, 'lib'));
  writeFileSync(join(folder, 'lib/folders.lua'), 'loads = (loads or 0) + 1\nreturn { name = ... }');
  const { session } = await openFile(t, join(folder, 'script.lua'));
  assert.equal(await capability(session, ' A '), 'truelib.folderstrue2');
});

test('an error in a module carries the module\u2019s name and line', async (t) => {
  const folder = folderWith(t, {
    'syntax.lua': 'require("broken")',
    'broken.lua': 'x = 1\ny = = 2',
    'runtime.lua': 'require("fails")',
    'fails.lua': '\n\nerror("not today")',
    'circle.lua': 'require("circle")',
    'missing.lua': '\nrequire("nowhere")',
  });
  const faults = await Promise.all(
    ['syntax', 'runtime', 'circle', 'missing'].map((name) => opened(join(folder, `${name}.lua`))),
  );
  const [syntax, runtime, circle, missing] = faults.map((fault) => ('fault' in fault ? fault.fault : ''));
  assert.match(syntax ?? '', /^broken\.lua:2: unexpected symbol near '='/);
  assert.equal(runtime, 'fails.lua:3: not today');
  assert.equal(circle, "circle.lua:1: module 'circle' requires itself");
  assert.match(missing ?? '', /^missing\.lua:2: module 'nowhere': nowhere\.lua cannot be read/);
});

test('no name and no link leads out of the script\u2019s folder', async (t) => {
  const outside = folderWith(t, { 'secret.lua': 'return "secret"' });
  const folder = folderWith(t, { 'bytes.lua': '\x1bLuaS', 'inside.lua': 'return "inside"' });
  symlinkSync(join(outside, 'secret.lua'), join(folder, 'link.lua'));
  symlinkSync(outside, join(folder, 'away'));
  symlinkSync(join(folder, 'inside.lua'), join(folder, 'alias.lua'));
  mkdirSync(join(folder, 'folder.lua'));
  const attempts: Record<string, RegExp> = {
    [`../${outside.split('/').at(-1)}/secret`]: /not a name/,
    [join(outside, 'secret')]: /not a name/,
    '..secret': /not a name/,
    'a\\0b': /not a name/,
    link: /leads out of the folder/,
    'away.secret': /leads out of the folder/,
    folder: /is not a file/,
    bytes: /binary chunk/,
    alias: /^nothing$/,
  };
  const names = Object.keys(attempts);
  writeFileSync(
    join(folder, 'script.lua'),
    `function DoCapability(ip, name)
       local ok, message = pcall(require, name)
       print(ok and "nothing" or message)
       return name
     end`,
  );
  const { session, events } = await openFile(t, join(folder, 'script.lua'));
  for (const name of names) {
    events.length = 0;
    await capability(session, name.replace('\\0', '\0'));
    const [said] = events;
    assert.match(said?.kind === 'printed' ? said.text : '', attempts[name]!, name);
  }
});

test('a fault in the script is Lua\u2019s own message; a file that cannot be read, a sentence', async (t) => {
  assert.equal(await faultOf(t, 'x = 1\n\ny = = 2'), "script.lua:3: unexpected symbol near '='");
  assert.equal(await faultOf(t, '\nerror("stop")'), 'script.lua:2: stop');
  assert.equal(await faultOf(t, 'DoCapability = 7'), 'script.lua: DoCapability is a number, not a function');
  assert.equal(await faultOf(t, 'setmetatable(_G, { __index = function(_, k) error(k) end })'), undefined);
  const folder = folderWith(t, {});
  const missing = await opened(join(folder, 'missing.lua'));
  assert.deepEqual(missing, {
    fault: `The script ${join(folder, 'missing.lua')} cannot be read: there is no such file.`,
    files: [join(folder, 'missing.lua')],
  });
  const noFile = await opened(folder);
  assert.deepEqual(noFile, { fault: `The script ${folder} is not a file.`, files: [folder] });
});

test('a script that does not finish opening is a fault', { timeout: 20_000 }, async (t) => {
  assert.match((await faultOf(t, 'while true do end')) ?? '', /^script\.lua: .*not open within 2000 milli/);
  // Large pieces, so that the memory is at its end long before the time is.
  assert.match(
    (await faultOf(t, 'local s, t = ("x"):rep(2000), {} while true do t[#t + 1] = { s:byte(1, -1) } end')) ??
      '',
    /^script\.lua: .*too much memory/,
  );
  assert.match(
    (await faultOf(t, 'local s, t = ("x"):rep(1000000), {} while true do t[#t + 1] = s .. #t end')) ?? '',
    /^script\.lua: .*too much memory/,
  );
});
