/** `tls.ciphers`: how a list is taken apart, and what is said about one that OpenSSL does not like. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { formatFault, formatWarning } from '../../src/config/fault.ts';
import { checkFiles } from '../../src/config/files.ts';
import { loadConfig } from '../../src/config/load.ts';
import { makeRsaPair } from './certificates.ts';
import { folderWith } from './temporary.ts';

/** What `check` says about a list: faults, or warnings and the two lists that OpenSSL is given. */
async function check(context: TestContext, list: string, more = '', files: Record<string, string> = {}) {
  const yaml = `upstream: { host: mail }\ntls:\n  ciphers: ${JSON.stringify(list)}\n${more}`;
  const folder = folderWith(context, { ...files, 'proxy.yaml': yaml });
  const result = await checkFiles(await loadConfig(join(folder, 'proxy.yaml')), () =>
    Promise.reject(new Error('there is no script')),
  );
  const lines =
    result.kind === 'faults' ? result.faults.map(formatFault) : result.warnings.map(formatWarning);
  return {
    kind: result.kind,
    lines: lines.map((line) => line.replaceAll(`${folder}/`, '')),
    ciphers: result.kind === 'loaded' ? result.config.tls.ciphers : undefined,
  };
}

const NEVER = ':!aNULL:!eNULL';

test('names of TLS 1.3 are told from the rest, whatever separates them', async (context) => {
  const table = [
    ['ECDHE+AESGCM', { tls12: `ECDHE+AESGCM${NEVER}` }],
    ['TLS_AES_256_GCM_SHA384', { tls13: 'TLS_AES_256_GCM_SHA384' }],
    [
      'HIGH:TLS_AES_256_GCM_SHA384, !SHA1 @SECLEVEL=2;TLS_AES_128_GCM_SHA256',
      { tls12: `HIGH:!SHA1:@SECLEVEL=2${NEVER}`, tls13: 'TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256' },
    ],
  ] as const;
  for (const [list, ciphers] of table) {
    assert.deepEqual(await check(context, list), { kind: 'loaded', lines: [], ciphers }, list);
  }
});

test('a list that OpenSSL refuses is a fault at its place, with the nearest word', async (context) => {
  const at = 'proxy.yaml:3:12: tls.ciphers:';
  const refused = `${at} is refused by OpenSSL for`;
  const table = [
    [
      'ECDHE-RSA-AES128-GCM-SHA265',
      `${refused} TLS 1.2: no cipher match; it does not know ECDHE-RSA-AES128-GCM-SHA265; did you mean "ECDHE-RSA-AES128-GCM-SHA256"?`,
    ],
    ['TLS_AES_256_GCM_SHA384:HIGH:!HIGH', `${refused} TLS 1.2: no cipher match`],
    ['ECDHE:@SECLEVEL=9', `${refused} TLS 1.2: invalid command`],
    ['HIGH:TLS_AES_256_GCM', `${refused} TLS 1.3: no cipher match; it does not know TLS_AES_256_GCM`],
    [
      'HIGH:!TLS_AES_256_GCM_SHA384',
      `${at} cannot have !TLS_AES_256_GCM_SHA384: TLS 1.3 knows names alone; write those that are to be used`,
    ],
    [' : ', `${at} is empty; write an OpenSSL cipher list, such as HIGH`],
    ['', `${at} is empty; write an OpenSSL cipher list, such as HIGH`],
    // Without authentication, and without encryption.
    ['ADH-AES128-GCM-SHA256', `${refused} TLS 1.2: no cipher match; it does not know ADH-AES128-GCM-SHA256`],
    ['NULL-SHA256', `${refused} TLS 1.2: no cipher match; it does not know NULL-SHA256`],
  ] as const;
  for (const [list, fault] of table) {
    const { kind, lines } = await check(context, list);
    assert.equal(kind, 'faults', list);
    assert.equal(lines.length, 1, list);
    assert.ok(lines[0]?.startsWith(fault), `${list}: ${lines[0]}`);
  }
});

test('a word that selects nothing is a warning while the rest of the list is good', async (context) => {
  const { kind, lines } = await check(context, 'ECDHE+AESGCM:HIHG:TLS_AES_256_GCM_SHA384:TLS_FOO:!FOO');
  assert.equal(kind, 'loaded');
  assert.deepEqual(lines, [
    'proxy.yaml:3:12: warning: tls.ciphers: HIHG selects no cipher of this OpenSSL; did you mean "HIGH"?',
    'proxy.yaml:3:12: warning: tls.ciphers: TLS_FOO selects no cipher of this OpenSSL',
  ]);
});

test('what is no text is a fault, and so is a slip of the pen in the key', async (context) => {
  const folder = folderWith(context, {
    'proxy.yaml': 'upstream: { host: mail }\ntls: { ciphers: [HIGH], cipher: HIGH }\n',
  });
  const result = await loadConfig(join(folder, 'proxy.yaml'));
  assert.ok(result.kind === 'faults');
  assert.deepEqual(
    result.faults.map((fault) => formatFault(fault).replace(`${folder}/`, '')),
    [
      'proxy.yaml:2:17: tls.ciphers: must be text; write an OpenSSL cipher list, such as HIGH',
      'proxy.yaml:2:25: tls: unknown key "cipher"; did you mean "ciphers"?',
    ],
  );
});

test('a certificate is judged with the list that is to be used', async (context) => {
  const { cert, key } = await makeRsaPair();
  const files = { 'cert.pem': cert, 'key.pem': key };
  const pair = '  certificates: [{ cert: cert.pem, key: key.pem }]\n';
  const strict = await check(context, 'HIGH:@SECLEVEL=3', pair, files);
  assert.equal(strict.kind, 'faults');
  assert.match(strict.lines.join(), /certificates\[0\]\.cert: is refused by TLS: .*key too small/);
  assert.deepEqual((await check(context, 'HIGH:@SECLEVEL=2', pair, files)).lines, []);
});
