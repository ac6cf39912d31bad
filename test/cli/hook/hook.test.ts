/** `imapveil hook`: what it prints, where, and with which exit code. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, test } from 'node:test';
import { hook } from '../../../src/cli/hook.ts';
import { captureIo } from '../captured-io.ts';

const folder = mkdtempSync(join(tmpdir(), 'imapveil-hook-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

const script = file(
  'script.lua',
  `function DoCapability(ip, caps)
  if ip == "192.0.2.9" then return caps end
  return (string.gsub(caps, " IDLE ", " "))
end
function DoListResult(f, a, e, c)
  if c.user then print(c.user, c.command) end
  if f == "fail" then error("no") end
  if f == "loop" then while true do end end
  if f == "Entw\u00fcrfe" then return true, a .. " \\\\Drafts", ' ("CHILDINFO" ("SUBSCRIBED"))' end
  return f ~= "Hidden"
end
function GetEncryption(client, server, port, mode)
  if client == "10.0.0.5" and server == "192.0.2.1" and port == 1143 then return 3 end
  return mode
end`,
);

async function call(...argv: string[]): Promise<{ code: number; output: string; errors: string }> {
  const io = captureIo();
  const code = await hook(argv, io);
  return { code, output: io.output(), errors: io.errors() };
}

test('capability: before and after, spaced as a session would space it', async () => {
  assert.deepEqual(await call('capability', '--script', script, 'IMAP4rev1  IDLE', 'ID'), {
    code: 0,
    output: 'IMAP4rev1 IDLE ID → IMAP4rev1 ID\n',
    errors: '',
  });
  const other = await call('capability', '--script', script, '--client', '192.0.2.9', 'IMAP4rev1 IDLE');
  assert.equal(other.output, 'IMAP4rev1 IDLE  unchanged\n');
});

test('list: a line a folder, names as people write them', async () => {
  const { code, output } = await call(
    'list',
    '--script',
    script,
    'INBOX',
    'Hidden',
    'Entw\u00fcrfe',
    'a "b" \\c',
  );
  assert.equal(code, 0);
  assert.deepEqual(output.split('\n'), [
    'INBOX (\\HasNoChildren)  unchanged',
    'Hidden  hidden',
    'Entw\u00fcrfe (\\HasNoChildren) → (\\HasNoChildren \\Drafts) ("CHILDINFO" ("SUBSCRIBED"))',
    'a "b" \\c (\\HasNoChildren)  unchanged',
    '',
  ]);
});

test('list reads responses from standard input, lines ending in LF or CRLF', async () => {
  const io = captureIo();
  const stdin = new PassThrough().end('* LIST (\\Sent) "/" Sent\r\n* LSUB () NIL "Hidden"\n\n');
  const code = await hook(['list', '--script', script, '--user', 'anna'], { ...io, stdin });
  assert.equal(code, 0);
  assert.equal(io.output(), 'Sent (\\Sent)  unchanged\nHidden  hidden\n');
  assert.equal(io.errors(), 'anna\\tLIST\nanna\\tLSUB\n', 'what the script prints is on standard error');
});

test('--json: one object a result', async () => {
  const folders = await call('list', '--script', script, '--json', 'Hidden', 'Entw\u00fcrfe');
  assert.deepEqual(
    folders.output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [
      { input: '* LIST (\\HasNoChildren) "/" "Hidden"', output: null, show: false },
      {
        input: '* LIST (\\HasNoChildren) "/" "Entw&APw-rfe"',
        output: '* LIST (\\HasNoChildren \\Drafts) "/" "Entw&APw-rfe" ("CHILDINFO" ("SUBSCRIBED"))',
        show: true,
      },
    ],
  );
  const words = await call('capability', '--script', script, '--json', 'A IDLE');
  assert.deepEqual(JSON.parse(words.output), { input: 'A IDLE', output: 'A', show: true });
});

test('encryption: the default by the port, the option, or the configuration', async () => {
  const at = ['--client', '10.0.0.5', '--server', '192.0.2.1', '--port', '1143'];
  const turned = await call('encryption', '--script', script, ...at, '--default', 'starttls');
  assert.equal(turned.output, 'starttls → starttls-required\n');
  assert.equal((await call('encryption', '--script', script, '--port', '993')).output, 'tls  unchanged\n');
  assert.equal((await call('encryption', '--script', script)).output, 'starttls-required  unchanged\n');
  const config = file(
    'proxy.yaml',
    'listen:\n  - port: 2143\n    encryption: starttls\nupstream:\n  host: demo\nhooks:\n  script: script.lua\n',
  );
  const configured = await call('encryption', '--config', config, '--port', '2143');
  assert.deepEqual(configured, { code: 0, output: 'starttls  unchanged\n', errors: '' });
});

test('a script that fails: its line on standard error, exit code 1, and the other folders answered', async () => {
  const failed = await call('list', '--script', script, 'fail', 'INBOX', 'fail', 'loop', 'Hidden');
  assert.equal(failed.code, 1);
  assert.equal(failed.output, 'INBOX (\\HasNoChildren)  unchanged\nHidden  hidden\n');
  const error =
    'script.lua:7: no\n' +
    '  in DoListResult("fail", "\\HasNoChildren", "")\n' +
    "  [JS]: in function 'error' < script.lua:7: in function 'DoListResult'\n";
  assert.equal(
    failed.errors,
    `${error}${error}script.lua: DoListResult did not return within 100 milliseconds\n`,
  );
  const broken = await call('list', '--script', file('broken.lua', '\nx = = 1'), 'INBOX');
  assert.deepEqual(broken, { code: 1, output: '', errors: "broken.lua:2: unexpected symbol near '='\n" });
  const missing = await call('list', '--script', join(folder, 'missing.lua'), 'INBOX');
  assert.equal(missing.code, 1);
  assert.match(missing.errors, /^The script .*missing\.lua cannot be read: there is no such file\.\n$/);
});

test('a function that is not defined is said on standard error', async () => {
  const { code, output, errors } = await call('capability', '--script', file('empty.lua', ''), 'A B');
  assert.deepEqual([code, output], [0, 'A B  unchanged\n']);
  assert.equal(errors, 'empty.lua does not define DoCapability: nothing is changed\n');
});

test('a wrong call is exit code 2 and a sentence', async () => {
  const faulty = file('faulty.yaml', 'upstream:\n  host: demo\n  port: 70000\n');
  const noScript = file('none.yaml', 'upstream:\n  host: demo\n');
  for (const [argv, says] of [
    [[], /say which function/],
    [['lists', '--script', script], /say which function/],
    [['capability', '--script', script], /name the capabilities/],
    [['list', '--script', script], /name a folder/],
    [['list', '--script', script, '--colour'], /--colour/],
    [['list', '--script', script, '--config', noScript, 'x'], /not both/],
    [['list', '--script', script, '--port', '0', 'x'], /whole number from 1 to 65535/],
    [['list', '--script', script, '--client', 'localhost', 'x'], /not an IP address/],
    [['encryption', '--script', script, '--default', 'ssl'], /starttls, tls or starttls-required/],
    [['list', '--config', noScript, 'x'], /names no script/],
    [['list', '--config', faulty, 'x'], /faulty\.yaml:3:9: upstream\.port/],
  ] as const) {
    const { code, output, errors } = await call(...argv);
    assert.deepEqual([code, output], [2, ''], argv.join(' '));
    assert.match(errors, says);
  }
  const io = captureIo();
  const stdin = new PassThrough().end('* STATUS x ()\n');
  assert.equal(await hook(['list', '--script', script], { ...io, stdin }), 2);
  assert.match(io.errors(), /no LIST response: \* STATUS/);
});

test('--help is printed and no script is looked for', async () => {
  const { code, output } = await call('--help');
  assert.equal(code, 0);
  assert.match(output, /imapveil hook capability\|list\|encryption\|login/);
});

test('the functions that VPOP3 does not have say what becomes of it', async () => {
  const more = file(
    'more.lua',
    `function DoLogin(client, user) return user ~= "bob", "[AUTHORIZATIONFAILED] Not you" end
function DoGreeting(client, greeting) return (greeting:gsub("Dovecot", "IMAP")) end
function DoId(client, fields) fields.os = nil; fields.new = "ü"; return fields end
function DoCommand(client, command, arguments) return command ~= "UID EXPUNGE" or arguments == "1" end`,
  );
  const said = async (...words: string[]) => (await call(...words, '--script', more)).output;
  assert.equal(await said('login', 'anna'), 'anna  allowed\n');
  assert.equal(await said('login', 'bob'), 'bob  refused: [AUTHORIZATIONFAILED] Not you\n');
  assert.deepEqual(JSON.parse(await said('login', 'bob', '--json')), {
    input: 'bob',
    output: null,
    show: false,
    message: '[AUTHORIZATIONFAILED] Not you',
  });
  assert.equal(await said('greeting', 'Dovecot ready.'), 'Dovecot ready. → IMAP ready.\n');
  assert.equal(await said('id', 'name=x', 'os=y'), '("name" "x" "os" "y") → ("name" "x" "new" "ü")\n');
  assert.equal(await said('command', 'uid expunge 1'), 'uid expunge 1  allowed\n');
  assert.equal(await said('command', 'UID EXPUNGE 1:*'), 'UID EXPUNGE 1:*  refused\n');
});

test('a command that the configuration does not list is asked about here and by no session', async () => {
  file('refuses.lua', 'function DoCommand() return false end');
  const config = file(
    'commands.yaml',
    'upstream: { host: mail }\nhooks: { script: refuses.lua, commands: [EXPUNGE] }\n',
  );
  const listed = await call('command', '--config', config, 'UID EXPUNGE 1');
  assert.deepEqual(listed, { code: 0, output: 'UID EXPUNGE 1  refused\n', errors: '' });
  const other = await call('command', '--config', config, 'delete Archive');
  assert.deepEqual(other, {
    code: 0,
    output: 'delete Archive  refused\n',
    errors: `${config}: hooks.commands does not list DELETE, so no session asks about it\n`,
  });
});

test('the functions of login, greeting, ID and commands are asked as a session asks them', async () => {
  const nothing = file('nothing.lua', '');
  assert.equal((await call('login', '--script', nothing, 'anna')).output, 'anna  allowed\n');
  assert.equal(
    (await call('greeting', '--script', nothing, 'Dovecot', 'ready.')).output,
    'Dovecot ready.  unchanged\n',
  );
  assert.equal(
    (await call('id', '--script', nothing, 'name=a"b', 'version')).output,
    '("name" "a\\"b" "version" NIL)  unchanged\n',
  );
  assert.equal(
    (await call('command', '--script', nothing, 'uid  expunge 1:2')).output,
    'uid  expunge 1:2  allowed\n',
  );
});
