import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { check } from '../../src/cli/check.ts';
import { noHooks } from '../../src/rewrite/question.ts';
import { makePair } from '../config/certificates.ts';
import { folderWith } from '../config/temporary.ts';
import { captureIo } from './captured-io.ts';

test('a bad port, an unknown key, a missing certificate and a wrong script are four lines and exit code 2', async (context) => {
  const folder = folderWith(context, {
    'proxy.yaml': [
      'listen:',
      '  - port: 99999',
      '    encryption: starttls',
      'upstream:',
      '  host: mail.internal',
      '  conectTimeout: 10s',
      'tls:',
      '  certificates:',
      '    - cert: tls/fullchain.pem',
      '      key: tls/privkey.pem',
      'hooks:',
      '  script: imap4.lua',
    ].join('\n'),
    'imap4.lua': 'function DoCapability(ip, caps)\n  return caps x\nend\n',
  });
  const file = join(folder, 'proxy.yaml');
  const io = captureIo();
  assert.equal(await check(['--config', file], io), 2);
  assert.equal(io.output(), '');
  const lines = io.errors().split('\n');
  assert.deepEqual(lines.slice(0, 3), [
    `${file}:2:11: listen[0].port: must be a whole number from 1 to 65535`,
    `${file}:6:3: upstream: unknown key "conectTimeout"; did you mean "connectTimeout"?`,
    `${file}:9:13: tls.certificates[0].cert: cannot be read: no such file: ${folder}/tls/fullchain.pem; nor can its key: ${folder}/tls/privkey.pem`,
  ]);
  assert.match(lines[3] ?? '', /:12:11: hooks\.script: .*imap4\.lua:2: .*x/);
  assert.deepEqual(lines.slice(4), ['']);
});

test('a sound configuration is one line on standard output and exit code 0', async (context) => {
  const { cert, key } = await makePair(-1, 30);
  const folder = folderWith(context, {
    'proxy.yaml': [
      'upstream: { host: "2001:db8::1", port: 993 }',
      'listen:',
      '  - port: 143',
      '  - { address: 127.0.0.1, port: 1993, encryption: tls }',
      'tls: { certificates: [{ cert: cert.pem, key: key.pem }] }',
      'hooks: { script: imap4.lua }',
    ].join('\n'),
    'cert.pem': cert,
    'key.pem': key,
    'imap4.lua': '',
  });
  const file = join(folder, 'proxy.yaml');
  const io = captureIo();
  const defines = { ...noHooks, capability: true, list: true };
  assert.equal(await check(['-c', file], io, () => Promise.resolve(defines)), 0);
  assert.equal(io.errors(), '');
  assert.match(
    io.output(),
    /^.*proxy\.yaml is valid: listens on \[::\]:143 \(starttls-required\) and 127\.0\.0\.1:1993 \(tls\); upstream \[2001:db8::1\]:993 \(tls\); .*imap4\.lua defines DoCapability, DoListResult\n$/,
  );
});

test('warnings are said and do not change the exit code', async (context) => {
  const folder = folderWith(context, { 'proxy.yaml': 'upstream: { host: mail, encryption: none }\n' });
  const io = captureIo();
  assert.equal(await check(['--config', join(folder, 'proxy.yaml')], io), 0);
  assert.match(
    io.errors(),
    /^.*proxy\.yaml:1:37: warning: upstream\.encryption: none sends every password to mail [^\n]*\n$/,
  );
  assert.match(io.output(), /no script\n$/);
});

test('a wrong call is exit code 2 and one sentence', async () => {
  for (const argv of [['--confg', 'x'], ['--config'], ['proxy.yaml']]) {
    const io = captureIo();
    assert.equal(await check(argv, io), 2, argv.join(' '));
    assert.match(io.errors(), /^imapveil check: [^\n]+; see imapveil check --help\n$/);
  }
});

test('the file is named as the user gave it', async () => {
  const io = captureIo();
  assert.equal(await check(['--config', './no/such.yaml'], io), 2);
  assert.equal(io.errors(), './no/such.yaml: cannot be read: no such file\n');
});

test('hooks.test: a script whose tests fail, or are not there, is a fault at the line that names it', async (context) => {
  const failing = 'test("shows all", function() assert_true(DoListResult("a", "", "")) end)';
  const passing = 'test("hides all", function() assert_false(DoListResult("a", "", "")) end)';
  for (const [tests, expected] of [
    [{}, /:2:19: hooks\.script: hooks\.test is true, and there is no imap4_test\.lua beside the script\n$/],
    [
      { 'imap4_test.lua': failing },
      /:2:19: hooks\.script: fails its tests: imap4_test\.lua:1: .*\(shows all\)\n$/,
    ],
    [{ 'imap4_test.lua': passing }, /^$/],
  ] as const) {
    const folder = folderWith(context, {
      'proxy.yaml': 'upstream: { host: demo }\nhooks: { script:  imap4.lua, test: true }',
      'imap4.lua': 'function DoListResult() return false end',
      ...tests,
    });
    const io = captureIo();
    await check(['--config', join(folder, 'proxy.yaml')], io);
    assert.match(io.errors(), expected);
  }
});

test('hooks.test: a script whose name does not end in .lua has tests beside it as well', async (context) => {
  const script = 'function DoListResult() return false end';
  const failing = 'test("shows all", function() assert_true(DoListResult("a", "", "")) end)';
  const passing = 'test("hides all", function() assert_false(DoListResult("a", "", "")) end)';
  for (const [name, tests] of [
    ['IMAP4.LUA', 'IMAP4_test.lua'],
    ['noext', 'noext_test.lua'],
    ['imap4.txt', 'imap4.txt_test.lua'],
  ] as const) {
    const config = `upstream: { host: demo }\nhooks: { script: ${name}, test: true }`;
    const folder = folderWith(context, { 'proxy.yaml': config, [name]: script });
    const errors = async (): Promise<string> => {
      const io = captureIo();
      await check(['--config', join(folder, 'proxy.yaml')], io);
      return io.errors();
    };
    assert.match(await errors(), new RegExp(`there is no ${tests} beside the script\n$`));
    await writeFile(join(folder, tests), failing);
    assert.match(await errors(), new RegExp(`fails its tests: ${tests}:1: .*\\(shows all\\)\n$`));
    await writeFile(join(folder, tests), passing);
    assert.equal(await errors(), '');
    await writeFile(join(folder, name), `${script}\nno Lua`);
    assert.match(await errors(), new RegExp(`hooks\\.script: ${name}:2: `));
  }
});

test('hooks.test: what is tested is the script that the configuration names', async (context) => {
  const folder = folderWith(context, {
    'proxy.yaml': 'upstream: { host: demo }\nhooks: { script: imap4, test: true }',
    imap4: 'function DoListResult() return false end',
    'imap4.lua': 'function DoListResult() return true end',
    'imap4_test.lua': 'test("hides", function() assert_false(DoListResult()) end)',
  });
  const io = captureIo();
  assert.equal(await check(['--config', join(folder, 'proxy.yaml')], io), 0, io.errors());
});

test('the script, and with hooks.test its tests, find hooks.settings', async (context) => {
  const folder = folderWith(context, {
    'proxy.yaml': [
      'upstream: { host: demo }',
      'hooks: { script: imap4.lua, test: true, settings: { hidden: [Journal, Notes] } }',
    ].join('\n'),
    'imap4.lua': [
      'local hidden = {}',
      'for _, name in ipairs(config.hidden) do hidden[name] = true end',
      'function DoListResult(name) return not hidden[name] end',
    ].join('\n'),
    'imap4_test.lua': 'test("hides", function() assert_false(DoListResult(config.hidden[2])) end)',
  });
  const io = captureIo();
  assert.equal(await check(['--config', join(folder, 'proxy.yaml')], io), 0, io.errors());
  assert.match(io.output(), /imap4\.lua defines DoListResult$/m);
});

test('what the script may not do at its start is the same as for run', async (context) => {
  const folder = folderWith(context, {
    'proxy.yaml': 'upstream: { host: demo }\nhooks: { script: imap4.lua, http: { allow: [127.0.0.1] } }\n',
    'imap4.lua': 'http.get("http://127.0.0.1/")',
  });
  const io = captureIo();
  assert.equal(await check(['--config', join(folder, 'proxy.yaml')], io), 2);
  assert.match(io.errors(), /imap4\.lua:1: this cannot be used here/);
});
