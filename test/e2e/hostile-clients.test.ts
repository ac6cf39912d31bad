/**
 * Clients that mean harm, at the built command: what they can make the proxy hold, wait for or reflect is bounded,
 * and the next client is served.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { close, listen, portOf } from '../support/ports.ts';
import { type ProxyOptions, type RunningProxy, startProxy } from '../support/proxy.ts';
import { RawImap } from '../support/raw-imap.ts';
import { without } from '../support/required.ts';
import { assertGrownLess, MEBIBYTE, residentMemory } from '../support/resident-memory.ts';
import { type Peer, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts';
import { passwords } from '../support/secrets.ts';
import { sessionsEnded } from '../support/sessions-ended.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';

const account = { user: 'alice', password: passwords.scripted };

describe('hostile clients', { skip: without('openssl') }, () => {
  let folder: string;
  let certificates: Certificates;
  let upstream: ScriptedServer;
  const running: RunningProxy[] = [];
  before(async () => {
    folder = await temporaryFolder();
    certificates = await makeCertificates(folder);
    upstream = await scriptedServer();
    upstream.behave(serve);
  });
  after(async () => {
    const results = await Promise.allSettled(running.map((proxy) => proxy.stop()));
    await upstream?.stop();
    await removeFolder(folder);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  });
  const start = async (options: Partial<ProxyOptions> = {}) => {
    const proxy = await startProxy({
      listen: ['starttls', 'tls'],
      certificates,
      upstream: { port: upstream.port, encryption: 'none' },
      ...options,
    });
    running.push(proxy);
    return proxy;
  };

  describe('A16: each phase before login has its deadline, its BYE and its line in the log', () => {
    let proxy: RunningProxy;
    before(async () => {
      proxy = await start({ limits: { handshakeTimeout: '400ms', loginTimeout: '5s' } });
    });
    const phases: readonly (readonly [name: string, sent: readonly string[], code: string])[] = [
      ['a line', ['a NO'], 'line-timeout'],
      ['a line, a byte now and then', ['a', ' ', 'N'], 'line-timeout'],
      ['a SASL line', ['a AUTHENTICATE PLAIN\r\n', 'AGp'], 'line-timeout'],
      ['a literal', ['a LOGIN {5}\r\n', 'al'], 'literal-timeout'],
      ['a literal of which nothing comes', ['a LOGIN {5}\r\n'], 'literal-timeout'],
      ['a literal of a refused command', ['a COMPRESS {5+}\r\nal'], 'literal-timeout'],
      ['the line behind a literal', ['a LOGIN {5}\r\n', 'alice pa'], 'line-timeout'],
    ];
    for (const [name, sent, code] of phases) {
      test(name, async () => {
        const before = proxy.log.length;
        const client = await RawImap.connect(proxy.endpoint(0, 'none'), { within: 3000 });
        await client.response();
        for (const [index, text] of sent.entries()) {
          client.send(text);
          // What the server's `+` is the answer to has gone up by then.
          if (index < sent.length - 1 && text.endsWith('\r\n')) await client.response();
        }
        assert.match(await client.rest(), /\* BYE Autologout: [^\r\n]+ not finished in time\r\n$/);
        await proxy.logged(new RegExp(`"cause":"${code}"`), before);
      });
    }

    test('the TLS handshake', async () => {
      const before = proxy.log.length;
      const client = connect(proxy.ports[1]!, '127.0.0.1');
      await once(client, 'close');
      await proxy.logged(/"cause":"handshake-timeout"/, before);
    });

    test('who waits between two lines has until loginTimeout; after login nothing but idleTimeout counts', async () => {
      const before = proxy.log.length;
      const waits = await RawImap.connect(proxy.endpoint(0, 'none'));
      await waits.response();
      const loggedIn = await RawImap.open(proxy.endpoint(0, 'none'), account);
      loggedIn.send('x NO');
      const slow = await RawImap.connect(proxy.endpoint(0, 'none'));
      await slow.response();
      slow.send('a NO');
      // It began last and is ended: so the others have outlived the same deadline.
      await slow.rest();
      await proxy.logged(/"cause":"line-timeout"/, before);
      loggedIn.send('OP\r\n');
      assert.match(await loggedIn.response(), /^x OK/);
      await waits.ok('NOOP');
      loggedIn.close();
      waits.close();
    });
  });

  test('A3: HTTP gets nothing of its own back', async () => {
    const proxy = await start();
    const client = await RawImap.connect(proxy.endpoint(0, 'none'));
    client.send('POST /reflect HTTP/1.1\r\nHost: mail\r\n\r\na LOGIN <script> x\r\n');
    assert.equal(await client.rest(), `${greeting}* BYE This is IMAP\r\n`);
    await proxy.logged(/client-not-imap/);
  });

  describe('A3: ALPN', () => {
    let proxy: RunningProxy;
    before(async () => {
      proxy = await start();
    });
    const ways: readonly (readonly [
      name: string,
      secure: (options: ConnectionOptions) => Promise<TLSSocket>,
    ])[] = [
      ['tls', async (options) => handshake(connect(proxy.ports[1]!, '127.0.0.1'), certificates, options)],
      ['starttls', async (options) => handshake(await upToStartTls(proxy), certificates, options)],
    ];
    for (const [name, secure] of ways) {
      test(`${name}: imap is taken, none is taken, anything else gets alert 120`, async () => {
        const imap = await secure({ ALPNProtocols: ['http/1.1', 'imap'] });
        assert.equal(imap.alpnProtocol, 'imap');
        const none = await secure({});
        assert.equal(none.alpnProtocol, false);
        for (const socket of [imap, none]) socket.destroy();
        // OpenSSL's word for it, and RFC 7301 §3.2: no_application_protocol is 120.
        await assert.rejects(
          secure({ ALPNProtocols: ['http/1.1'] }),
          /no application protocol|alert number 120/i,
        );
        await assert.rejects(
          secure({ ALPNProtocols: ['h2', 'smtp'] }),
          /no application protocol|alert number 120/i,
        );
      });
    }
  });

  test('A9: minVersion holds in front, by both ways', async () => {
    const proxy = await start({ minVersion: 'TLSv1.3' });
    const old = { maxVersion: 'TLSv1.2' } as const;
    await assert.rejects(
      handshake(connect(proxy.ports[1]!, '127.0.0.1'), certificates, old),
      /protocol version/,
    );
    await assert.rejects(handshake(await upToStartTls(proxy), certificates, old), /protocol version/);
    const modern = await handshake(connect(proxy.ports[1]!, '127.0.0.1'), certificates, {});
    assert.equal(modern.getProtocol(), 'TLSv1.3');
    modern.destroy();
  });

  test('A4: 1,000 connections, each with 8 KiB and no line end', async () => {
    const proxy = await start({ logLevel: 'info' });
    const before = await residentMemory(proxy.pid);
    const clients = await Promise.all(Array.from({ length: 1000 }, () => greeted(proxy)));
    for (const client of clients) client.write(`a LOGIN ${'x'.repeat(8191 - 8)}`);
    // The last one is answered, so all the bytes before have been read.
    clients[0]!.write('xx');
    await once(clients[0]!, 'close');
    await assertGrownLess(proxy.pid, before, 128 * MEBIBYTE);
    for (const client of clients) client.destroy();
    await sessionsEnded(proxy, clients.length);
    const next = await RawImap.open(proxy.endpoint(0, 'none'), account);
    await next.logout();
  });

  test('a line of a megabyte without an end: cut off before login, passed on in parts after it', async () => {
    const proxy = await start({ logLevel: 'info' });
    const before = await RawImap.connect(proxy.endpoint(0, 'none'));
    await before.response();
    before.send(`a LOGIN ${'x'.repeat(MEBIBYTE)}`);
    assert.match(await before.rest(), /^\* BYE a line is too long\r\n$/);

    let arrived = 0;
    upstream.behave(async (peer) => {
      await serveLogin(peer);
      peer.socket.on('data', (text) => {
        arrived += text.length;
        if (arrived >= 127 * MEBIBYTE) peer.send('* OK enough\r\n');
      });
    });
    try {
      const memory = await residentMemory(proxy.pid);
      const loggedIn = await RawImap.open(proxy.endpoint(0, 'none'), account);
      loggedIn.send(`a SEARCH ${'1,'.repeat(64 * MEBIBYTE)}`);
      assert.equal(await loggedIn.response(), '* OK enough\r\n');
      await assertGrownLess(proxy.pid, memory, 96 * MEBIBYTE);
      loggedIn.close();
    } finally {
      upstream.behave(serve);
    }
  });

  test('A15: 10,000 aborted AUTHENTICATEs in one connection', async () => {
    const proxy = await start({ logLevel: 'info', limits: { loginTimeout: '10m' } });
    const client = await greeted(proxy);
    const rounds = async (count: number) => {
      for (let round = 0; round < count; round++) {
        client.write('a AUTHENTICATE PLAIN\r\n');
        assert.match(await chunk(client), /^\+/);
        client.write('*\r\n');
        assert.match(await chunk(client), /^a BAD/);
      }
    };
    await rounds(3000);
    const before = await residentMemory(proxy.pid);
    await rounds(7000);
    await assertGrownLess(proxy.pid, before, 24 * MEBIBYTE);
    client.destroy();
  });

  test('A15: 10,000 handshakes, each for another name and given up in the middle', async () => {
    const proxy = await start({ logLevel: 'info' });
    const hello = await clientHello();
    const rounds = async (count: number) => {
      let begun = 0;
      const one = async (): Promise<void> => {
        while (begun++ < count) await abandon(proxy, hello());
      };
      await Promise.all(Array.from({ length: 32 }, one));
    };
    // The heap grows to what this needs within the first eight thousand, and then no more.
    await rounds(10_000);
    const before = await residentMemory(proxy.pid);
    await rounds(10_000);
    await assertGrownLess(proxy.pid, before, 16 * MEBIBYTE);
    const next = await RawImap.open(proxy.endpoint(1, 'tls'), account);
    await next.logout();
  });
});

const greeting = '* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n';

/** Greets, takes any login, answers `+` where a client waits for it, and BAD to a cancelled AUTHENTICATE. */
async function serve(peer: Peer): Promise<void> {
  peer.send(greeting);
  for (let tag = ''; ; ) {
    const line = await peer.line();
    const [first = '', verb] = line.split(' ');
    if (line === '*') peer.send(`${tag} BAD cancelled\r\n`);
    else if (verb === 'AUTHENTICATE' || line.endsWith('}')) peer.send('+ \r\n');
    else peer.send(`${first} OK done\r\n`);
    tag = first;
  }
}

async function serveLogin(peer: Peer): Promise<void> {
  peer.send(greeting);
  const [tag] = (await peer.line()).split(' ');
  peer.send(`${tag} OK in\r\n`);
}

/** A plain connection that has read the greeting. */
async function greeted(proxy: RunningProxy): Promise<Socket> {
  const socket = connect(proxy.ports[0]!, '127.0.0.1');
  socket.on('error', () => {});
  assert.match(await chunk(socket), /^\* OK/);
  socket.resume();
  return socket;
}

async function chunk(socket: Socket): Promise<string> {
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  return bytes.toString('latin1');
}

/** A plain connection whose STARTTLS was answered. */
async function upToStartTls(proxy: RunningProxy): Promise<Socket> {
  const socket = await greeted(proxy);
  socket.write('s STARTTLS\r\n');
  assert.match(await chunk(socket), /^s OK/);
  socket.removeAllListeners();
  return socket;
}

/** Resolves when the handshake is done; rejects with what ended it, in TLS 1.3 an alert that comes after it. */
async function handshake(
  socket: Socket,
  certificates: Certificates,
  options: ConnectionOptions,
): Promise<TLSSocket> {
  const ca = await readFile(certificates.ca);
  const secure = connectTls({ socket, ca, servername: 'localhost', ...options });
  await once(secure, 'secureConnect');
  return secure;
}

/** Recorded from Node itself: a ClientHello whose name is another one of the same length each time. */
async function clientHello(): Promise<() => Buffer> {
  const name = `${'0'.repeat(16)}.example.org`;
  const server = createServer();
  await listen(server);
  const client = connectTls({ port: portOf(server), host: '127.0.0.1', servername: name });
  client.on('error', () => {});
  const [socket] = (await once(server, 'connection')) as [Socket];
  const [recorded] = (await once(socket, 'data')) as [Buffer];
  client.destroy();
  socket.destroy();
  await close(server);
  const at = recorded.indexOf(name);
  assert.ok(at > 0, 'the name is in the ClientHello');
  return () => {
    const hello = Buffer.from(recorded);
    hello.write(randomBytes(8).toString('hex'), at, 'latin1');
    return hello;
  };
}

/** Sends a ClientHello and goes as soon as the server has answered it. */
async function abandon(proxy: RunningProxy, hello: Buffer): Promise<void> {
  const socket = connect(proxy.ports[1]!, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(hello);
  await once(socket, 'data');
  socket.resetAndDestroy();
}
