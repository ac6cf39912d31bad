/** Which certificate, version and cipher a real OpenSSL client gets from the proxy, and what the proxy asks of a server. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { makePair } from '../config/certificates.ts';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { run } from '../support/child.ts';
import { type Issuer, makeIssuer } from '../support/issuer.ts';
import { close, listen, portOf } from '../support/ports.ts';
import { type RunningProxy, startProxy } from '../support/proxy.ts';
import { RawImap } from '../support/raw-imap.ts';
import { program, without } from '../support/required.ts';
import { type ScriptedServer, scriptedServer } from '../support/scripted-server.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';

describe('certificates and ciphers', { skip: without('openssl') }, () => {
  let folder: string;
  let issuer: Issuer;
  let localhost: Certificates;
  let upstream: ScriptedServer;
  let proxy: RunningProxy;
  const ended: (() => Promise<unknown>)[] = [];
  const start = async (tls: object, server = upstream.port, encryption: 'none' | 'tls' = 'none') => {
    const started = await startProxy({
      listen: ['tls', 'starttls'],
      certificates: localhost,
      tls,
      upstream: { port: server, encryption },
    });
    ended.push(() => started.stop());
    return started;
  };
  before(async () => {
    folder = await temporaryFolder();
    localhost = await makeCertificates(folder);
    issuer = await makeIssuer(folder);
    upstream = await scriptedServer();
    upstream.behave(async (peer) => {
      peer.send('* OK [CAPABILITY IMAP4rev1] ready\r\n');
      const [tag] = (await peer.line()).split(' ');
      peer.send(`* CAPABILITY IMAP4rev1\r\n${tag} OK done\r\n`);
      await peer.line();
    });
    ended.push(upstream.stop);
    proxy = await start({
      certificates: [
        await issuer.issue('mail-rsa', 'rsa', ['mail.example.org', 'imap.example.org']),
        await issuer.issue('wild-ecdsa', 'ecdsa', ['*.example.org']),
        await issuer.issue('mail-ecdsa', 'ecdsa', ['mail.example.org']),
        await issuer.issue('other-ecdsa', 'ecdsa', ['other.example.net']),
        await issuer.issue('second-ecdsa', 'ecdsa', ['second.example.net']),
        await issuer.issue('second-rsa', 'rsa', ['second.example.net', 'old.example.net']),
        await issuer.issue('later-ecdsa', 'ecdsa', ['mail.example.org', 'other.example.net']),
      ],
    });
  });
  after(async () => {
    const results = await Promise.allSettled(ended.reverse().map((end) => end()));
    await removeFolder(folder);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  });

  /** What `openssl s_client` says of its handshake: `mail-ecdsa TLSv1.3 TLS_AES_128_GCM_SHA256`, or why there was none. */
  const handshake = async (to: RunningProxy, args: string, verify: readonly string[] = []) => {
    const starttls = args.includes('-starttls');
    const { code, stderr } = await run(
      program('openssl'),
      [
        ...['s_client', '-brief', '-connect', `127.0.0.1:${to.ports[starttls ? 1 : 0]}`],
        ...args.split(' ').filter((each) => each !== ''),
        ...verify,
      ],
      { accept: [0, 1] },
    );
    const said = (what: string) => new RegExp(`^${what}: (.*)$`, 'm').exec(stderr)?.[1];
    if (code !== 0) return /alert [a-z ]+|verify error:.*/.exec(stderr)?.[0] ?? stderr;
    const label = said('Peer certificate')?.replace(/^.*CN ?= ?/, '');
    return [label, said('Protocol version'), said('Ciphersuite')].join(' ');
  };
  const trusted = (name: string) => [
    ...['-CAfile', issuer.ca, '-verify_return_error', '-verify_hostname', name, '-servername', name],
  ];

  const versions = [
    ['-tls1_3', '-sigalgs rsa_pss_rsae_sha256:rsa_pkcs1_sha256'],
    ['-tls1_3 -starttls imap', '-sigalgs rsa_pss_rsae_sha256:rsa_pkcs1_sha256'],
    ['-tls1_2', '-cipher aRSA'],
    ['-tls1_2', '-sigalgs RSA+SHA256'],
    ['-tls1_2 -starttls imap', '-cipher aRSA'],
  ] as const;
  for (const [version, rsaOnly] of versions) {
    test(`${version}: one name, two keys: ECDSA, and RSA for ${rsaOnly}, each with its own chain`, async () => {
      const name = trusted('mail.example.org');
      assert.match(await handshake(proxy, version, name), /^mail-ecdsa /);
      assert.match(await handshake(proxy, `${version} ${rsaOnly}`, name), /^mail-rsa /);
    });
  }

  test('A7: a first message whose lengths are wrong ends its own connection', async () => {
    // A client hello of 52 bytes that promises 65,535 bytes of extensions, and has none.
    const hello = Buffer.from(`160301002f0100002b0303${'01'.repeat(32)}00000213010100ffff`, 'hex');
    const broken = await RawImap.connect(proxy.endpoint(0, 'none'));
    broken.send(hello);
    await broken.rest();
    assert.match(await handshake(proxy, '-tls1_3', trusted('mail.example.org')), /^mail-ecdsa /);
  });

  test('without a name, and with one that nobody has: the first, and ECDSA beside it', async () => {
    assert.match(await handshake(proxy, '-noservername'), /^mail-ecdsa /);
    for (const name of ['-noservername', '-servername nobody.test', '-servername example.org']) {
      assert.match(await handshake(proxy, `${name} -sigalgs rsa_pss_rsae_sha256`), /^mail-rsa /, name);
    }
  });

  test('an exact name before a wildcard, a wildcard for one label only, the first of two alike', async () => {
    const table = [
      // The only ECDSA key for it is that of the wildcard; RSA has the exact name.
      ['imap.example.org', '', 'wild-ecdsa'],
      ['imap.example.org', '-sigalgs rsa_pss_rsae_sha256', 'mail-rsa'],
      ['www.example.org', '', 'wild-ecdsa'],
      ['WWW.Example.ORG', '', 'wild-ecdsa'],
      ['other.example.net', '', 'other-ecdsa'],
    ] as const;
    for (const [name, args, label] of table) {
      assert.match(await handshake(proxy, args, trusted(name)), new RegExp(`^${label} `), name);
    }
    // A wildcard alone has no RSA key to fall back to.
    assert.match(
      await handshake(proxy, '-servername www.example.org -sigalgs rsa_pss_rsae_sha256'),
      /alert handshake failure/,
    );
    assert.match(
      await handshake(proxy, '-servername a.www.example.org -sigalgs RSA-PSS+SHA256'),
      /^mail-rsa /,
    );
  });

  test('what stands side by side for the first is not shown for another name', async () => {
    for (const version of ['-tls1_2', '-tls1_3', '-tls1_3 -starttls imap']) {
      const both = trusted('second.example.net');
      assert.match(await handshake(proxy, version, both), /^second-ecdsa /);
      assert.match(await handshake(proxy, `${version} -sigalgs RSA-PSS+SHA256`, both), /^second-rsa /);
      // OpenSSL would rather take ECDSA, and the first name has it.
      assert.match(await handshake(proxy, version, trusted('old.example.net')), /^second-rsa /);
    }
  });

  test('at start the log warns of a certificate that is about to expire, with its place', async () => {
    const { cert, key } = await makePair(-1, 12.5);
    const soon = { cert: join(folder, 'soon.pem'), key: join(folder, 'soon.key') };
    await writeFile(soon.cert, cert);
    await writeFile(soon.key, key);
    const warned = await start({ certificates: [soon] });
    const { level, msg } = await warned.logged(/expires in 12 days/);
    assert.equal(level, 'warn');
    assert.match(String(msg), /proxy\.yaml:\d+:\d+: tls\.certificates\[0\]\.cert: expires .*soon\.pem$/);
  });

  test('minVersion refuses TLS 1.2, and 1.1 is never spoken', async () => {
    assert.match(await handshake(proxy, '-tls1_1 -cipher ALL:@SECLEVEL=0'), /alert protocol version/);
    const strict = await start({ minVersion: 'TLSv1.3' });
    assert.match(await handshake(strict, '-tls1_2'), /alert protocol version/);
    assert.match(await handshake(strict, ''), /TLSv1\.3/);
  });

  test('tls.ciphers decides for both versions, in front and by STARTTLS; without it, each has its default', async () => {
    const table = [
      ['', '-tls1_3', 'TLSv1.3 TLS_AES_128_GCM_SHA256'],
      ['', '-tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256', 'TLSv1.3 TLS_CHACHA20_POLY1305_SHA256'],
      ['', '-tls1_2', 'TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256'],
      // Of the version that is not in the list, the default holds.
      ['ECDHE+AES256', '-tls1_3', 'TLSv1.3 TLS_AES_128_GCM_SHA256'],
      ['ECDHE+AES256', '-tls1_2', 'TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384'],
      ['ECDHE+AES256', '-tls1_2 -cipher ECDHE+AES128', 'alert handshake failure'],
      ['ECDHE+AES256', '-starttls imap -tls1_2 -cipher ECDHE+AES128', 'alert handshake failure'],
      ['TLS_AES_256_GCM_SHA384', '-tls1_3', 'TLSv1.3 TLS_AES_256_GCM_SHA384'],
      ['TLS_AES_256_GCM_SHA384', '-tls1_3 -ciphersuites TLS_AES_128_GCM_SHA256', 'alert handshake failure'],
      [
        'TLS_AES_256_GCM_SHA384',
        '-starttls imap -tls1_3 -ciphersuites TLS_AES_128_GCM_SHA256',
        'alert handshake failure',
      ],
      ['TLS_AES_256_GCM_SHA384', '-tls1_2', 'TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256'],
      ['ALL:eNULL:@SECLEVEL=0', '-tls1_2 -cipher aNULL:eNULL:@SECLEVEL=0', 'alert handshake failure'],
    ] as const;
    const proxies = new Map<string, RunningProxy>();
    for (const [ciphers, args, outcome] of table) {
      if (!proxies.has(ciphers)) proxies.set(ciphers, await start(ciphers === '' ? {} : { ciphers }));
      const said = await handshake(proxies.get(ciphers)!, args);
      assert.equal(said.replace(/^localhost /, ''), outcome, `${ciphers || 'default'}: ${args}`);
    }
  });

  test('A9: tls.ciphers holds towards the server too', async () => {
    const server = createTlsServer(
      {
        cert: await readFile(localhost.cert),
        key: await readFile(localhost.key),
        maxVersion: 'TLSv1.2',
        ciphers: 'ECDHE+AES128',
      },
      (socket) => {
        socket.on('error', () => {});
        socket.write('* OK [CAPABILITY IMAP4rev1] ready\r\n');
      },
    );
    server.on('tlsClientError', () => {});
    await listen(server);
    ended.push(() => close(server));
    const strict = await start({ ciphers: 'ECDHE+AES256' }, portOf(server), 'tls');
    const turnedAway = await RawImap.connect(strict.endpoint(1, 'none'));
    assert.equal(await turnedAway.rest(), '* BYE The mail server is not available\r\n');
    const lenient = await start({ ciphers: 'ECDHE+AES128' }, portOf(server), 'tls');
    const welcome = await RawImap.connect(lenient.endpoint(1, 'none'));
    assert.match(await welcome.response(), /^\* OK /);
    welcome.close();
  });
});
