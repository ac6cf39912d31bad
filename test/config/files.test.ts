/** What is wrong with the files behind a configuration: each with the place where the file is named. */

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { formatFault, formatWarning } from '../../src/config/fault.ts';
import { type CheckScript, checkFiles } from '../../src/config/files.ts';
import { loadConfig } from '../../src/config/load.ts';
import { type DefinedHooks, noHooks } from '../../src/rewrite/question.ts';
import { locked, makePair, makeWeakPair } from './certificates.ts';
import { folderWith } from './temporary.ts';

const NOTHING = noHooks;
const noScript: CheckScript = () => Promise.reject(new Error('there is no script in this configuration'));

/** The faults of a configuration, as lines without the folder's name. */
async function faults(
  context: TestContext,
  yaml: string,
  files: Readonly<Record<string, string>>,
  checkScript: CheckScript = noScript,
): Promise<string[]> {
  const folder = folderWith(context, { ...files, 'proxy.yaml': yaml });
  const result = await checkFiles(await loadConfig(join(folder, 'proxy.yaml')), checkScript);
  return result.kind === 'faults'
    ? result.faults.map((f) => formatFault(f).replaceAll(`${folder}/`, ''))
    : [];
}

const PAIR = 'upstream: { host: mail }\ntls:\n  certificates:\n    - cert: cert.pem\n      key: key.pem\n';

test('a sound pair is no fault, with its chain, and with text around it', async (context) => {
  const { cert, key } = await makePair(-1, 1);
  const expired = await makePair(-9, -8);
  const chain = `subject=CN = localhost\r\n${cert}\nan old cross-signed root:\n${expired.cert}`;
  assert.deepEqual(await faults(context, PAIR, { 'cert.pem': cert, 'key.pem': key }), []);
  assert.deepEqual(await faults(context, PAIR, { 'cert.pem': chain, 'key.pem': key }), []);
});

test('a certificate or a key that is not there, and both', async (context) => {
  const { cert, key } = await makePair(-1, 1);
  assert.deepEqual(await faults(context, PAIR, { 'key.pem': key }), [
    'proxy.yaml:4:13: tls.certificates[0].cert: cannot be read: no such file: cert.pem',
  ]);
  assert.deepEqual(await faults(context, PAIR, { 'cert.pem': cert }), [
    'proxy.yaml:5:12: tls.certificates[0].key: cannot be read: no such file: key.pem',
  ]);
  // One thing to mend, one line; and both names are in it.
  assert.deepEqual(await faults(context, PAIR, {}), [
    'proxy.yaml:4:13: tls.certificates[0].cert: cannot be read: no such file: cert.pem; nor can its key: key.pem',
  ]);
});

test('a pair the wrong way round', async (context) => {
  const { cert, key } = await makePair(-1, 1);
  assert.deepEqual(await faults(context, PAIR, { 'cert.pem': key, 'key.pem': cert }), [
    'proxy.yaml:4:13: tls.certificates[0].cert: holds no certificate in PEM form: cert.pem',
    'proxy.yaml:5:12: tls.certificates[0].key: holds no private key in PEM form: key.pem',
  ]);
});

test('the key of another certificate', async (context) => {
  const [{ cert }, { key }] = [await makePair(-1, 1), await makePair(-1, 1)];
  assert.deepEqual(await faults(context, PAIR, { 'cert.pem': cert, 'key.pem': key }), [
    'proxy.yaml:5:12: tls.certificates[0].key: does not belong to the certificate cert.pem: key.pem',
  ]);
});

test('a certificate out of its time, whose key is wrong as well', async (context) => {
  const old = await makePair(-3, -2);
  const young = await makePair(2, 3);
  const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  assert.deepEqual(await faults(context, PAIR, { 'cert.pem': old.cert, 'key.pem': old.key }), [
    `proxy.yaml:4:13: tls.certificates[0].cert: expired on ${day(-2)}: cert.pem`,
  ]);
  assert.deepEqual(await faults(context, PAIR, { 'cert.pem': young.cert, 'key.pem': old.key }), [
    `proxy.yaml:4:13: tls.certificates[0].cert: is not valid before ${day(2)}: cert.pem`,
    'proxy.yaml:5:12: tls.certificates[0].key: does not belong to the certificate cert.pem: key.pem',
  ]);
});

test('a certificate with fewer than 14 days left is a warning', async (context) => {
  const table = [
    [14.1, undefined],
    [13.9, 'in 13 days'],
    [1.5, 'in 1 day'],
    [0.5, 'in less than a day'],
  ] as const;
  for (const [days, span] of table) {
    const { cert, key } = await makePair(-1, days);
    const folder = folderWith(context, { 'proxy.yaml': PAIR, 'cert.pem': cert, 'key.pem': key });
    const result = await checkFiles(await loadConfig(join(folder, 'proxy.yaml')), noScript);
    assert.ok(result.kind === 'loaded');
    const end = new Date(new X509Certificate(cert).validTo).toISOString().slice(0, 10);
    const warning = `proxy.yaml:4:13: warning: tls.certificates[0].cert: expires ${span}, on ${end}; renew it: cert.pem`;
    assert.deepEqual(
      result.warnings.map((each) => formatWarning(each).replaceAll(`${folder}/`, '')),
      span === undefined ? [] : [warning],
    );
  }
});

test('a chain with a broken certificate in it', async (context) => {
  const { cert, key } = await makePair(-1, 1);
  const broken = cert.replace(/\n.{20}/, '\nAAAAAAAAAAAAAAAAAAAA');
  assert.deepEqual(await faults(context, PAIR, { 'cert.pem': `${cert}\n${broken}`, 'key.pem': key }), [
    'proxy.yaml:4:13: tls.certificates[0].cert: holds a certificate (number 2 of 2) that cannot be read: cert.pem',
  ]);
});

test('a key with a passphrase', async (context) => {
  const { cert, key } = await makePair(-1, 1);
  assert.deepEqual(await faults(context, PAIR, { 'cert.pem': cert, 'key.pem': locked(key) }), [
    'proxy.yaml:5:12: tls.certificates[0].key: is locked with a passphrase, which cannot be asked for; store the key without one: key.pem',
  ]);
});

test('a pair that TLS itself refuses', async (context) => {
  const { cert, key } = await makeWeakPair();
  const [line, ...more] = await faults(context, PAIR, { 'cert.pem': cert, 'key.pem': key });
  assert.match(
    line ?? '',
    /^proxy\.yaml:4:13: tls\.certificates\[0\]\.cert: is refused by TLS: .*key too small/,
  );
  assert.deepEqual(more, []);
});

test("the upstream's authority is read too", async (context) => {
  const { cert, key } = await makePair(-1, 1);
  const yaml = 'upstream:\n  host: mail\n  tls: { ca: ca.pem }\n';
  assert.deepEqual(await faults(context, yaml, { 'ca.pem': `${cert}${cert}` }), []);
  assert.deepEqual(await faults(context, yaml, { 'ca.pem': key }), [
    'proxy.yaml:3:14: upstream.tls.ca: holds no certificate in PEM form: ca.pem',
  ]);
  assert.deepEqual(await faults(context, yaml, {}), [
    'proxy.yaml:3:14: upstream.tls.ca: cannot be read: no such file: ca.pem',
  ]);
});

test('a script: not there, a folder, and wrong', async (context) => {
  const yaml = 'upstream: { host: mail }\nhooks: { script: imap4.lua }\n';
  const wrong: CheckScript = () => Promise.resolve({ fault: "imap4.lua:7: unexpected symbol\n near 'x'\n" });
  assert.deepEqual(await faults(context, yaml, {}), [
    'proxy.yaml:2:18: hooks.script: cannot be read: no such file: imap4.lua',
  ]);
  const [folder] = await faults(context, yaml.replace('imap4.lua', '"."'), {});
  assert.match(folder ?? '', /^proxy\.yaml:2:18: hooks\.script: cannot be read: it is a directory: /);
  assert.deepEqual(await faults(context, yaml, { 'imap4.lua': 'x' }, wrong), [
    "proxy.yaml:2:18: hooks.script: imap4.lua:7: unexpected symbol near 'x'",
  ]);
});

test('a sound configuration says what its script defines', async (context) => {
  const folder = folderWith(context, {
    'proxy.yaml': 'upstream: { host: mail }\nhooks: { script: imap4.lua }\n',
    'imap4.lua': '',
  });
  const defines = { ...NOTHING, list: true };
  const asked: string[] = [];
  const result = await checkFiles(await loadConfig(join(folder, 'proxy.yaml')), ({ file }) => {
    asked.push(file);
    return Promise.resolve(defines);
  });
  assert.ok(result.kind === 'loaded');
  assert.deepEqual(result.defines, defines);
  assert.deepEqual(asked, [join(folder, 'imap4.lua')]);
});

test('what a script does not do although somebody may think so is warned of', async (context) => {
  const warnings = async (hooks: string, defines: DefinedHooks): Promise<string[]> => {
    const yaml = `upstream: { host: mail }\nhooks: { script: imap4.lua${hooks} }\n`;
    const folder = folderWith(context, { 'proxy.yaml': yaml, 'imap4.lua': '' });
    const loaded = await loadConfig(join(folder, 'proxy.yaml'));
    const result = await checkFiles(loaded, () => Promise.resolve(defines));
    return result.kind === 'loaded' ? result.warnings.map((w) => formatWarning(w).slice(folder.length)) : [];
  };
  const command = { ...NOTHING, command: true };
  const at = '/proxy.yaml:2:18: warning: hooks.script:';
  // Such as DoListresult: it loads, and hides nothing.
  assert.deepEqual(await warnings('', NOTHING), [
    `${at} defines none of the functions, so it changes nothing; in their names upper and lower case count, as in DoListResult`,
  ]);
  assert.deepEqual(await warnings('', command), [
    `${at} its DoCommand is asked about no command; list those that it decides about in hooks.commands`,
  ]);
  assert.deepEqual(await warnings(', commands: [DELETE]', { ...NOTHING, list: true }), [
    `${at} defines no DoCommand, so every command in hooks.commands passes`,
  ]);
  assert.deepEqual(await warnings(', commands: [DELETE]', command), []);
  assert.deepEqual(await warnings('', { ...NOTHING, list: true }), []);
});

test('files are judged although the rest of the configuration is wrong, and whatever shape it has', async (context) => {
  const yaml =
    'upstream: { host: mail, port: x }\ntls: { certificates: [{ cert: a.pem }, 7, ~, { key: [b] }] }\n';
  assert.deepEqual(await faults(context, yaml, {}), [
    'proxy.yaml:1:31: upstream.port: must be a whole number from 1 to 65535',
    'proxy.yaml:2:23: tls.certificates[0].key: is missing; name a file',
    'proxy.yaml:2:31: tls.certificates[0].cert: cannot be read: no such file: a.pem',
    'proxy.yaml:2:40: tls.certificates[1]: must be a map: keys and values, indented below it',
    'proxy.yaml:2:43: tls.certificates[2]: has no value; give it one or remove the key',
    'proxy.yaml:2:46: tls.certificates[3].cert: is missing; name a file',
    'proxy.yaml:2:53: tls.certificates[3].key: must be text; name a file',
  ]);
});
