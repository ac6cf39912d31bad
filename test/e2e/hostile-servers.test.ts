/**
 * Servers that mean harm, or mean well and say odd things, behind the built command: what they say is never taken
 * for something else, and a client is never led into believing it. Failing upstreams are in broken-upstream.test.ts.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer as createPlainServer, type Server, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { createSecureContext, createServer as createTlsServer, TLSSocket } from 'node:tls';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { close, listen, portOf } from '../support/ports.ts';
import { type RunningProxy, startProxy } from '../support/proxy.ts';
import { RawImap } from '../support/raw-imap.ts';
import { without } from '../support/required.ts';
import { type Peer, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts';
import { passwords } from '../support/secrets.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';

const account = { user: 'alice', password: passwords.scripted };

describe('hostile servers', { skip: without('openssl') }, () => {
  let folder: string;
  let certificates: Certificates;
  let upstream: ScriptedServer;
  let proxy: RunningProxy;
  const ended: (() => Promise<unknown>)[] = [];
  before(async () => {
    folder = await temporaryFolder();
    certificates = await makeCertificates(folder);
    upstream = await scriptedServer();
    proxy = await startProxy({
      listen: ['starttls'],
      certificates,
      upstream: { port: upstream.port, encryption: 'none' },
    });
    ended.push(upstream.stop, () => proxy.stop());
  });
  after(async () => {
    const results = await Promise.allSettled(ended.reverse().map((end) => end()));
    await removeFolder(folder);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  });

  /** A client that has logged in at a server which then does as it is told, with what it is sent after that. */
  const session = async (then: (peer: Peer) => Promise<void>) => {
    upstream.behave(async (peer) => {
      peer.send('* OK [CAPABILITY IMAP4rev1 LITERAL+] ready\r\n');
      const [tag] = (await peer.line()).split(' ');
      peer.send(`${tag} OK in\r\n`);
      await then(peer);
    });
    return RawImap.open(proxy.endpoint(0, 'none'), account);
  };

  test('P8: a greeting before the greeting passes, and both lists are honest', async () => {
    upstream.behave(async (peer) => {
      peer.send('* OK Waiting for authentication process to respond..\r\n');
      peer.send('* OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE AUTH=PLAIN] ready\r\n');
    });
    const client = await RawImap.connect(proxy.endpoint(0, 'none'));
    assert.equal(await client.response(), '* OK Waiting for authentication process to respond..\r\n');
    assert.equal(await client.response(), '* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN STARTTLS] ready\r\n');
    await proxy.logged(/COMPRESS=DEFLATE is not shown to clients: the proxy cannot read a compressed/);
    client.close();
  });

  test('what is refused is in the log once, however often it is offered', async () => {
    upstream.behave(async (peer) => {
      peer.send('* OK [CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-256-PLUS] ready\r\n');
      for (;;) {
        const [tag] = (await peer.line()).split(' ');
        peer.send(`* CAPABILITY IMAP4rev1 AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-256-PLUS\r\n${tag} OK done\r\n`);
      }
    });
    for (let round = 0; round < 2; round++) {
      const client = await RawImap.connect(proxy.endpoint(0, 'none'));
      await client.response();
      const { untagged } = await client.ok('CAPABILITY');
      assert.deepEqual(untagged, ['* CAPABILITY IMAP4rev1 STARTTLS\r\n']);
      const { tagged } = await client.command('AUTHENTICATE SCRAM-SHA-256');
      assert.match(tagged, /^\S+ NO Unsupported authentication mechanism/);
      client.close();
    }
    const said = proxy.log.filter(({ msg }) =>
      /^AUTH=SCRAM-SHA-256 is not shown to clients/.test(String(msg)),
    );
    assert.deepEqual(
      said.map(({ level, msg }) => [level, msg]),
      [
        [
          'info',
          'AUTH=SCRAM-SHA-256 is not shown to clients: the server offers channel binding, which cannot work through a proxy that ends TLS',
        ],
      ],
    );
  });

  test('P17: PREAUTH hands out no session', async () => {
    upstream.behave(async (peer) => {
      peer.send('* PREAUTH [CAPABILITY IMAP4rev1] welcome back, root\r\n');
      await peer.line();
    });
    const heard = upstream.heard.length;
    const client = await RawImap.connect(proxy.endpoint(0, 'none'));
    client.send('a SELECT INBOX\r\n');
    assert.equal(await client.rest(), '* BYE The mail server is not available\r\n');
    assert.equal(upstream.heard.length, heard, 'no command reached it');
    await proxy.logged(/greeted with PREAUTH/);
  });

  test('P3: NO after + leaves the bytes that were promised what they are', async () => {
    const client = await session(async (peer) => {
      const [tag] = (await peer.line()).split(' ');
      peer.send(`+ go\r\n${tag} NO over quota\r\n`);
      assert.equal(await peer.line(), 'x DELETE INBOX');
      peer.send('* OK as data\r\n');
      const [next] = (await peer.line()).split(' ');
      peer.send(`${next} OK done\r\n`);
    });
    client.send('a APPEND x {16}\r\n');
    assert.match(await client.response(), /^\+ go/);
    assert.match(await client.response(), /^a NO over quota/);
    client.send('x DELETE INBOX\r\n\r\n');
    assert.equal(await client.response(), '* OK as data\r\n');
    client.close();
  });

  test('P10: a + that nobody waits for ends the session', async () => {
    const client = await session(async (peer) => {
      peer.send('+ stray\r\n+\r\n');
      for (;;) peer.send(`${(await peer.line()).split(' ')[0]} OK done\r\n`);
    });
    assert.match(await client.rest(), /\* BYE The mail server is out of step\r\n$/);
  });

  test('P18: BYE is passed on, then the connection is closed; what is glued behind it does no harm', async () => {
    const client = await session(async (peer) => {
      await peer.line();
      peer.socket.end('* BYE [ALERT] going down\r\nt2 OK done\r\n* 1 EX');
    });
    client.send('t2 NOOP\r\n');
    assert.match(await client.rest(), /^\* BYE \[ALERT\] going down\r\nt2 OK done\r\n/);
  });

  test('P18: no REFERRAL leads around the proxy', async () => {
    upstream.behave(async (peer) => {
      peer.send('* OK ready\r\n');
      const [tag] = (await peer.line()).split(' ');
      peer.send(`${tag} NO [REFERRAL imap://alice;AUTH=*@evil.example/] Try that server\r\n`);
    });
    const client = await RawImap.connect(proxy.endpoint(0, 'none'));
    await client.response();
    assert.equal((await client.command('LOGIN alice x')).tagged, 't1 NO Try that server\r\n');
    client.close();
  });

  test('P2: what is glued into a literal is data', async () => {
    const body = 't2 OK [CAPABILITY IMAP4rev1] done\r\n* LIST () "/" x\r\n+ \r\n{99}\r\n';
    const response = `* 1 FETCH (BODY[] {${body.length}}\r\n${body})\r\n`;
    const client = await session(async (peer) => {
      const [tag] = (await peer.line()).split(' ');
      peer.send(`${response}${tag} OK done\r\n`);
    });
    const { untagged } = await client.ok('FETCH 1 BODY[]');
    assert.deepEqual(untagged, [response]);
    client.close();
  });

  describe('A9: minVersion holds behind, by both ways', () => {
    for (const encryption of ['tls', 'starttls'] as const) {
      test(encryption, async () => {
        const cert = await readFile(certificates.cert);
        const key = await readFile(certificates.key);
        const server = encryption === 'tls' ? oldTls(cert, key) : oldStartTls(cert, key);
        await listen(server);
        ended.push(() => close(server));
        const start = async (minVersion: 'TLSv1.2' | 'TLSv1.3') => {
          const started = await startProxy({
            listen: ['starttls'],
            certificates,
            minVersion,
            upstream: { port: portOf(server), encryption },
          });
          ended.push(() => started.stop());
          return started;
        };
        const strict = await start('TLSv1.3');
        const client = await RawImap.connect(strict.endpoint(0, 'none'));
        assert.equal(await client.rest(), '* BYE The mail server is not available\r\n');
        await strict.logged(/upstream-unreachable.*(TLS|SSL)/);
        // The same server is good enough where the setting says so: it was the version.
        const lenient = await start('TLSv1.2');
        const welcome = await RawImap.connect(lenient.endpoint(0, 'none'));
        assert.match(await welcome.response(), /^\* OK /);
        welcome.close();
      });
    }
  });
});

const old = { maxVersion: 'TLSv1.2' } as const;

/** A server that speaks TLS 1.2 at most, from the first byte. */
function oldTls(cert: Buffer, key: Buffer): Server {
  const server = createTlsServer({ cert, key, ...old }, (socket) => {
    socket.on('error', () => {});
    socket.write('* OK ready\r\n');
  });
  server.on('tlsClientError', () => {});
  return server;
}

/** The same, after STARTTLS. */
function oldStartTls(cert: Buffer, key: Buffer): Server {
  const secureContext = createSecureContext({ cert, key, ...old });
  return createPlainServer((socket: Socket) => {
    socket.on('error', () => {});
    socket.write('* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n');
    socket.once('data', (line: Buffer) => {
      socket.write(`${line.toString('latin1').split(' ')[0]} OK begin\r\n`);
      const secured = new TLSSocket(socket, { isServer: true, secureContext });
      secured.on('error', () => {});
      secured.on('data', (command: Buffer) => {
        const tag = command.toString('latin1').split(' ')[0];
        secured.write(`* CAPABILITY IMAP4rev1\r\n${tag} OK done\r\n`);
      });
    });
  });
}
