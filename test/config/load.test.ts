/** What a configuration means once it is accepted: defaults, those that hang on each other, paths, warnings. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../src/config/config.ts';
import { formatWarning } from '../../src/config/fault.ts';
import { loadConfig } from '../../src/config/load.ts';
import { knownKeys } from '../../src/config/schema.ts';
import { folderWith } from './temporary.ts';

/** From build/test/config/ and its like to the repository. */
const ROOT = new URL('../../../', import.meta.url);

async function load(
  context: TestContext,
  yaml: string,
): Promise<{ config: Config; warnings: string[]; folder: string }> {
  const folder = folderWith(context, { 'proxy.yaml': yaml });
  const file = join(folder, 'proxy.yaml');
  const result = await loadConfig(file);
  assert.ok(result.kind === 'loaded', JSON.stringify(result));
  return {
    config: result.config,
    warnings: result.warnings.map((w) => formatWarning(w).slice(file.length + 1)),
    folder,
  };
}

test('the upstream host alone is a configuration, with the defaults of docs/configuration.md', async (context) => {
  const { config, warnings, folder } = await load(context, 'upstream: { host: mail.internal }\n');
  assert.deepEqual(warnings, []);
  assert.deepEqual(config, {
    file: join(folder, 'proxy.yaml'),
    listen: [
      { address: '::', port: 143, mode: 3 },
      { address: '::', port: 993, mode: 1 },
    ],
    tls: { certificates: [], minVersion: 'TLSv1.2' },
    upstream: {
      servers: [{ host: 'mail.internal', port: 143, weight: 1, servername: 'mail.internal' }],
      balance: 'least-sessions',
      check: { interval: 10_000, failures: 3 },
      encryption: 'starttls',
      tls: { ca: undefined, verify: true },
      connectTimeout: 10_000,
      clientAddress: 'none',
    },
    hooks: {
      script: undefined,
      deadline: 100,
      onError: 'pass',
      enforce: false,
      test: false,
      commands: [],
      http: { allow: [], timeout: 5000, responseSize: 1048576 },
      settings: {},
    },
    refuse: {
      mechanisms: ['GSSAPI', 'GSS-SPNEGO', 'KERBEROS_V4', 'DIGEST-MD5', 'EXTERNAL'],
      capabilities: ['COMPRESS=DEFLATE', 'LOGIN-REFERRALS', 'MAILBOX-REFERRALS'],
      channelBinding: true,
    },
    limits: {
      connections: 10_000,
      connectionsPerAddress: 100,
      handshakeTimeout: 15_000,
      loginTimeout: 60_000,
      idleTimeout: 31 * 60_000,
      preLoginLine: 8192,
      preLoginLiteral: 65_536,
      drainTimeout: 30_000,
      store: 'memory',
      failedLogins: {
        perAddress: 100,
        perUser: 20,
        within: 600_000,
        block: 600_000,
        delay: 15_000,
        except: [],
      },
    },
    workers: 1,
    watch: false,
    log: { level: 'info' },
    admin: undefined,
  });
});

test('a listener without encryption is never in the clear', async (context) => {
  const yaml = [
    'upstream: { host: mail }',
    'listen:',
    '  - { address: "::1", port: 143 }',
    '  - { address: "::1", port: 993 }',
    '  - port: 1993',
    '  - { address: 127.0.0.1, encryption: tls }',
    '  - { address: 127.0.0.1 }',
    '  - { port: 144, encryption: starttls }',
    '  - { port: 995, encryption: tls, proxyProtocol: [] }',
  ].join('\n');
  const { config } = await load(context, yaml);
  assert.deepEqual(config.listen, [
    { address: '::1', port: 143, mode: 3 },
    { address: '::1', port: 993, mode: 1 },
    { address: '::', port: 1993, mode: 3 },
    { address: '127.0.0.1', port: 993, mode: 1 },
    { address: '127.0.0.1', port: 143, mode: 3 },
    { address: '::', port: 144, mode: 0 },
    { address: '::', port: 995, mode: 1 },
  ]);
});

test('the networks of PROXY headers are kept as they are written', async (context) => {
  const networks = ['10.0.0.0/8', 'fd00::/8', '192.0.2.1', '::1', '0.0.0.0/0', '2001:db8::ffff:1:2'];
  const yaml = `upstream: { host: mail }\nlisten:\n  - proxyProtocol: ${JSON.stringify(networks)}\n`;
  const { config } = await load(context, yaml);
  assert.deepEqual(config.listen[0]?.proxyProtocol, networks);
});

test('the upstream port and encryption are guessed from each other', async (context) => {
  const table: readonly (readonly [written: string, port: number, encryption: string])[] = [
    ['host: mail', 143, 'starttls'],
    ['host: mail, port: 993', 993, 'tls'],
    ['host: mail, port: 1143', 1143, 'starttls'],
    ['host: mail, encryption: tls', 993, 'tls'],
    ['host: mail, encryption: none', 143, 'none'],
    ['host: mail, port: 993, encryption: starttls', 993, 'starttls'],
    ['host: demo', 143, 'none'],
    ['host: demo, port: 993', 993, 'none'],
  ];
  for (const [written, port, encryption] of table) {
    const { config } = await load(context, `upstream: { ${written} }`);
    assert.deepEqual(
      [config.upstream.servers[0]?.port, config.upstream.encryption],
      [port, encryption],
      written,
    );
  }
});

test('servers take what they do not say themselves from the keys beside the list', async (context) => {
  const { config, warnings } = await load(
    context,
    'upstream: { servers: [{ host: a.example }, { host: b.example, port: 1993, weight: 3, servername: b }], port: 993, encryption: tls, tls: { servername: all } }',
  );
  assert.deepEqual(warnings, []);
  assert.deepEqual(config.upstream.servers, [
    { host: 'a.example', port: 993, weight: 1, servername: 'all' },
    { host: 'b.example', port: 1993, weight: 3, servername: 'b' },
  ]);
  const usual = await load(
    context,
    'upstream: { servers: [{ host: a, port: 993 }, { host: b, port: 993 }] }',
  );
  assert.equal(usual.config.upstream.encryption, 'tls');
  const plain = await load(
    context,
    'upstream: { servers: [{ host: localhost }, { host: b.example }], encryption: none }',
  );
  assert.match(plain.warnings.join(), /none sends every password to b\.example in the clear/);
});

test('commands are kept in upper case', async (context) => {
  const { config } = await load(
    context,
    'upstream: { host: mail }\nhooks: { commands: [uid Expunge, x-move] }\n',
  );
  assert.deepEqual(config.hooks.commands, ['UID EXPUNGE', 'X-MOVE']);
});

test('hosts for HTTP are kept as a URL writes them, by which requests are compared', async (context) => {
  const written = '[Rules.Internal, "a:0080", "[0:0::1]:80", "[::ffff:127.0.0.1]", "127.1", "0x7f.1:8080"]';
  const { config } = await load(
    context,
    `upstream: { host: mail }\nhooks: { http: { allow: ${written} } }\n`,
  );
  assert.deepEqual(config.hooks.http.allow, [
    ...['rules.internal', 'a:80', '[::1]:80', '[::ffff:7f00:1]', '127.0.0.1', '127.0.0.1:8080'],
  ]);
});

test('paths are relative to the file, not to where the command was called', async (context) => {
  const yaml = [
    'upstream: { host: mail, tls: { ca: ../ca.pem, servername: imap.example.org } }',
    'tls: { certificates: [{ cert: tls/cert.pem, key: /etc/key.pem }] }',
    'hooks: { script: hooks/imap4.lua, deadline: 1s, onError: hide }',
  ].join('\n');
  const { config, folder } = await load(context, yaml);
  assert.deepEqual(config.tls.certificates, [{ cert: join(folder, 'tls/cert.pem'), key: '/etc/key.pem' }]);
  assert.deepEqual(config.upstream.tls, { ca: join(folder, '../ca.pem'), verify: true });
  assert.deepEqual(config.hooks, {
    script: join(folder, 'hooks/imap4.lua'),
    deadline: 1000,
    onError: 'hide',
    enforce: false,
    test: false,
    commands: [],
    http: { allow: [], timeout: 5000, responseSize: 1048576 },
    settings: {},
  });
});

test('what is refused is as it is written, whatever its case; compression is warned about', async (context) => {
  const yaml = 'upstream: { host: mail }\nrefuse:\n  mechanisms: [ntlm]\n  capabilities: [Idle]\n';
  const { config, warnings } = await load(context, yaml);
  assert.deepEqual(config.refuse, { mechanisms: ['NTLM'], capabilities: ['IDLE'], channelBinding: true });
  assert.deepEqual(warnings, [
    '4:17: warning: refuse.capabilities: without COMPRESS=DEFLATE in it, the session of a client that compresses is ended, for the proxy cannot read it',
  ]);
});

test('a key of a later version is accepted with the value that changes nothing', async (context) => {
  for (const clientAddress of ['none', 'id', 'proxy-v2'] as const) {
    const { config, warnings } = await load(
      context,
      `upstream: { host: mail, clientAddress: ${clientAddress} }\n`,
    );
    assert.deepEqual(warnings, []);
    assert.equal(config.upstream.clientAddress, clientAddress);
  }
});

test('workers: a number, or one for each core', async (context) => {
  for (const [written, workers] of [
    ['1', 1],
    ['3', 3],
    ['1024', 1024],
    ['auto', availableParallelism()],
  ] as const) {
    const { config } = await load(context, `upstream: { host: mail }\nworkers: ${written}\n`);
    assert.equal(config.workers, workers, written);
  }
});

test('admin has defaults once it is there', async (context) => {
  const { config } = await load(context, 'upstream: { host: mail }\nadmin: {}\n');
  assert.deepEqual(config.admin, { address: '127.0.0.1', port: 9143 });
});

test('what is dangerous is accepted with a warning that says what it means', async (context) => {
  const yaml = ['upstream:', '  host: 192.0.2.1', '  encryption: none', 'limits:', '  idleTimeout: 29m'].join(
    '\n',
  );
  assert.deepEqual((await load(context, yaml)).warnings, [
    '3:15: warning: upstream.encryption: none sends every password to 192.0.2.1 in the clear; use starttls or tls',
    '5:16: warning: limits.idleTimeout: IMAP forbids to log out an idle client in less than 30 minutes; set it to 30m or more',
  ]);
  assert.deepEqual((await load(context, 'upstream: { host: mail, tls: { verify: false } }')).warnings, [
    '1:40: warning: upstream.tls.verify: false accepts any certificate, so whoever is in between can read every password; set upstream.tls.ca instead',
  ]);
});

test('a script that enforces and fails open is worth a warning', async (context) => {
  const warningsOf = async (hooks: string): Promise<string[]> =>
    (
      await load(
        context,
        ['upstream: { host: mail }', 'hooks:', ...hooks.split(', ').map((line) => `  ${line}`)].join('\n'),
      )
    ).warnings;
  const message =
    '4:12: warning: hooks.enforce: true with onError pass opens everything while the script fails; set hooks.onError to hide';
  assert.deepEqual(await warningsOf('script: a.lua, enforce: true'), [message]);
  assert.deepEqual(await warningsOf('script: a.lua, enforce: true, onError: pass'), [message]);
  for (const hooks of ['script: a.lua, enforce: true, onError: hide', 'script: a.lua', 'enforce: true'])
    assert.deepEqual(await warningsOf(hooks), [], hooks);
});

test('no encryption towards this machine itself is not worth a warning', async (context) => {
  for (const host of [
    'demo',
    'localhost',
    '127.0.0.1',
    '127.8.8.8',
    '"::1"',
    'imap.localhost',
    '"::ffff:127.0.0.1"',
  ]) {
    const { warnings } = await load(context, `upstream: { host: ${host}, encryption: none }`);
    assert.deepEqual(warnings, [], host);
  }
  for (const host of ['localhost.example.org', '128.0.0.1', '"::2"', 'demo.example.org']) {
    const { warnings } = await load(context, `upstream: { host: ${host}, encryption: none }`);
    assert.equal(warnings.length, 1, host);
  }
});

/** The keys of the schema, `upstream.tls.ca` and `listen[0].port` alike, as paths. */
function everyKey(path: readonly PropertyKey[] = []): string[] {
  return knownKeys(path).flatMap((key) => {
    const below = everyKey([...path, key]).concat(everyKey([...path, key, 0]));
    return [[...path, key].filter((step) => step !== 0).join('.'), ...below];
  });
}

test('the proxy.yaml of the repository works as it stands and shows every key that works', async () => {
  const file = fileURLToPath(new URL('proxy.yaml', ROOT));
  const result = await loadConfig(file);
  assert.ok(result.kind === 'loaded', JSON.stringify(result));
  assert.deepEqual(result.warnings, []);
  assert.equal(result.config.upstream.servers[0]?.host, 'demo');
  assert.deepEqual(result.config.listen, [
    { address: '127.0.0.1', port: 1143, mode: 0 },
    { address: '127.0.0.1', port: 1993, mode: 1 },
  ]);
  const text = readFileSync(file, 'utf8');
  for (const key of new Set(everyKey())) {
    const shown = new RegExp(`^[ #-]*${key.split('.').at(-1)}:`, 'm').test(text);
    assert.ok(shown, key);
  }
});

test('docs/configuration.md has a heading or a row for every key', () => {
  const text = readFileSync(new URL('docs/configuration.md', ROOT), 'utf8');
  for (const key of new Set(everyKey())) assert.ok(text.includes(`\`${key}\``), key);
});

test('hooks.settings holds whatever the script wants', async (context) => {
  const settings = { archive: 'Archive', years: [2024, 2025], deep: { on: true } };
  const { config } = await load(
    context,
    `upstream: { host: mail }\nhooks: { settings: ${JSON.stringify(settings)} }\n`,
  );
  assert.deepEqual(config.hooks.settings, settings);
});
