/**
 * An upstream that is down, silent, hostile or gone costs its own session a `* BYE`
 * or a clean close, the log says what happened, and the process serves the next session. The upstreams are
 * scripted, so this needs no mail server.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import type { Endpoint } from '../support/endpoint.ts';
import { close, freePorts, listen, portOf } from '../support/ports.ts';
import { type RunningProxy, startProxy } from '../support/proxy.ts';
import { RawImap } from '../support/raw-imap.ts';
import { without } from '../support/required.ts';
import { type Peer, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts';
import { findSecret, passwords } from '../support/secrets.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';

const greeting = '* OK [CAPABILITY IMAP4rev1 LITERAL+ STARTTLS AUTH=PLAIN] ready\r\n';
/** Milliseconds after which a client must know, where connectTimeout is half a second. */
const patience = 1500;
const account = { user: 'alice', password: passwords.scripted };

describe('an upstream that fails', { skip: without('openssl') }, () => {
  let folder: string;
  let certificates: Certificates;
  const ended: (() => Promise<unknown>)[] = [];
  before(async () => {
    folder = await temporaryFolder();
    certificates = await makeCertificates(folder);
  });
  after(async () => {
    // In the reverse order, each to its end even where another one fails, which then fails this hook.
    const results = await Promise.allSettled(ended.reverse().map((end) => end()));
    await removeFolder(folder);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  });

  const proxyTo = async (port: number, encryption: Endpoint['security'] = 'none') => {
    const proxy = await startProxy({
      listen: ['starttls', 'tls'],
      certificates,
      upstream: { port, encryption, connectTimeout: '500ms' },
      limits: { loginTimeout: '3s' },
    });
    ended.push(() => proxy.stop());
    return proxy;
  };

  describe('before the first byte', () => {
    test('refused', async () => {
      const [port = 0] = await freePorts(1);
      const proxy = await proxyTo(port);
      await assertRefused(proxy, /refused/);
      await assertRefused(proxy, /refused/);
    });

    test('accepts no connection', async () => {
      const full = await fullServer();
      ended.push(full.stop);
      await assertRefused(await proxyTo(full.port), /timed out|within 500 ms/);
    });

    test('accepts and says nothing', async () => {
      const silent = await scriptedServer();
      ended.push(silent.stop);
      await assertRefused(await proxyTo(silent.port), /timed out|within 500 ms/);
    });

    test('shows a certificate of another authority', async () => {
      const other = join(folder, 'other');
      await mkdir(other);
      const { cert, key } = await makeCertificates(other);
      const server = createTlsServer({ cert: await readFile(cert), key: await readFile(key) }, (socket) => {
        socket.on('error', () => {});
        socket.write(greeting);
      });
      server.on('tlsClientError', () => {});
      await listen(server);
      ended.push(() => close(server));
      await assertRefused(await proxyTo(portOf(server), 'tls'), /certificate/);
    });

    test('speaks plain text where TLS is expected', async () => {
      const plain = await scriptedServer();
      ended.push(plain.stop);
      plain.behave(async (peer) => peer.send(greeting));
      const client = await assertRefused(await proxyTo(plain.port, 'tls'), /tls|ssl/);
      assert.doesNotMatch(client, /ready/);
    });
  });

  describe('in the conversation', () => {
    let upstream: ScriptedServer;
    let proxy: RunningProxy;
    before(async () => {
      upstream = await scriptedServer();
      ended.push(upstream.stop);
      proxy = await proxyTo(upstream.port);
    });

    /** What a client reads up to the end when it connects, logs in and sends one FETCH. */
    const conversation = async (behaviour: (peer: Peer) => Promise<void>) => {
      upstream.behave(behaviour);
      const client = await RawImap.connect(proxy.endpoint(0, 'none'));
      await client.response();
      await client.login(account);
      client.send('f FETCH 1 BODY[]\r\n');
      await client.rest();
      const seen = client.transcript;
      await assertServes(upstream, proxy);
      return seen.slice(seen.indexOf('logged in\r\n') + 'logged in\r\n'.length);
    };
    const served = (end: (peer: Peer) => void) => async (peer: Peer) => {
      await serveLogin(peer);
      await peer.line();
      end(peer);
    };

    for (const [name, text] of [
      ['BYE', '* BYE too many connections\r\n'],
      ['another protocol', 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'],
      ['PREAUTH, which would hand out a session (P17)', '* PREAUTH welcome\r\n'],
      ['half a line', '* OK [CAPABILITY'],
    ] as const) {
      test(`greets with ${name}`, async () => {
        upstream.behave(async ({ socket }) => void socket.end(text, 'latin1'));
        const client = await RawImap.connect(proxy.endpoint(1, 'tls'));
        const seen = await client.rest();
        assert.match(seen, /^(\* BYE [^\r\n]+\r\n)?$/);
        await assertServes(upstream, proxy);
      });
    }

    test('closes between two responses', async () => {
      const before = proxy.log.length;
      const seen = await conversation(served(({ socket }) => void socket.end('* 1 EXISTS\r\n')));
      assert.match(seen, /^\* 1 EXISTS\r\n(\* BYE [^\r\n]+\r\n)?$/);
      await proxy.logged(/upstream.*clos|clos.*upstream/i, before);
    });

    test('closes inside a literal: nothing is put in its place (P31)', async () => {
      const partial = '* 1 FETCH (BODY[] {1000}\r\nonly this much';
      const seen = await conversation(served(({ socket }) => void socket.end(partial)));
      assert.equal(seen, partial);
    });

    test('closes inside a line', async () => {
      const seen = await conversation(served(({ socket }) => void socket.end('* 1 FETCH (FLAGS (')));
      assert.doesNotMatch(seen, /FLAGS.*BYE/);
    });

    test('resets the connection', async () => {
      const seen = await conversation(served(({ socket }) => void socket.resetAndDestroy()));
      assert.match(seen, /^(\* BYE [^\r\n]+\r\n)?$/);
    });

    test('says BYE itself, which the client hears', async () => {
      const seen = await conversation(served(({ socket }) => void socket.end('* BYE shutting down\r\n')));
      assert.equal(seen, '* BYE shutting down\r\n');
    });

    // A literal's size that nobody can mean (P5).
    test('announces a literal of twenty digits', async () => {
      const seen = await conversation(
        served(({ send }) => send('* 1 FETCH (BODY[] {99999999999999999999}\r\n')),
      );
      assert.doesNotMatch(seen, /FETCH.*BYE/);
    });

    test('one session is lost, the one beside it is not (A7)', async () => {
      upstream.behave(serveAll);
      const beside = await RawImap.connect(proxy.endpoint(0, 'none'));
      await beside.response();
      await beside.login(account);
      await conversation(served(({ socket }) => void socket.resetAndDestroy()));
      await beside.ok('NOOP');
      beside.close();
    });
  });

  describe('in STARTTLS behind (P16)', () => {
    let upstream: ScriptedServer;
    let proxy: RunningProxy;
    before(async () => {
      upstream = await scriptedServer();
      ended.push(upstream.stop);
      proxy = await proxyTo(upstream.port, 'starttls');
    });

    const answers = [
      { name: 'is refused', answer: (tag: string) => `${tag} NO not now\r\n` },
      { name: 'is not understood', answer: (tag: string) => `${tag} BAD unknown command\r\n` },
      {
        name: 'is followed by bytes in the clear (CVE-2021-22947)',
        answer: (tag: string) => `${tag} OK begin\r\n* CAPABILITY IMAP4rev1 INJECTED\r\nx OK injected\r\n`,
      },
    ];
    for (const { name, answer } of answers) {
      test(`STARTTLS ${name}`, async () => {
        upstream.behave(async (peer) => {
          peer.send(greeting);
          for (;;) {
            const [tag = '', verb] = (await peer.line()).split(' ');
            peer.send(verb?.toUpperCase() === 'STARTTLS' ? answer(tag) : `${tag} OK\r\n`);
          }
        });
        const client = await RawImap.connect(proxy.endpoint(0, 'none'));
        client.send(`a LOGIN alice ${passwords.unasked}\r\n`);
        const seen = await client.rest();
        assert.match(seen, /^\* BYE [^\r\n]+\r\n$|^$/);
        assert.doesNotMatch(upstream.heard.join('\n'), /LOGIN/);
        assert.equal(findSecret(upstream.heard.join('\n')), undefined);
        assert.ok(proxy.alive);
      });
    }

    test('STARTTLS is followed by no handshake', async () => {
      upstream.behave(async (peer) => {
        peer.send(greeting);
        for (;;) {
          const [tag = '', verb] = (await peer.line()).split(' ');
          // What comes after the OK is a handshake, answered by a line of plain text.
          if (verb === 'STARTTLS') peer.socket.once('data', () => peer.send('* OK no\r\n'));
          peer.send(`${tag} OK\r\n`);
        }
      });
      await assertRefused(proxy, /tls|ssl|handshake/);
    });

    test('STARTTLS is not offered', async () => {
      upstream.behave(async (peer) => {
        peer.send('* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n');
        for (;;) {
          const [tag = '', verb] = (await peer.line()).split(' ');
          if (verb === 'CAPABILITY') peer.send('* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n');
          peer.send(verb === 'STARTTLS' ? `${tag} BAD no\r\n` : `${tag} OK\r\n`);
        }
      });
      const seen = await assertRefused(proxy, /refused STARTTLS|not offer/);
      assert.doesNotMatch(seen, /ready/);
    });
  });
});

/** A client gets a `* BYE` with a reason, or nothing, and then the end; a warning in the log says why. Returns what it got. */
async function assertRefused(proxy: RunningProxy, why: RegExp): Promise<string> {
  const before = proxy.log.length;
  const start = performance.now();
  const client = await RawImap.connect(proxy.endpoint(0, 'none'));
  const seen = await client.rest();
  const took = performance.now() - start;
  assert.ok(took < patience, `the client was left waiting for ${took} ms`);
  assert.match(seen, /^(\* BYE \S[^\r\n]*\r\n)?$/);
  await proxy.logged(new RegExp(`"level":"(warn|error)".*(${why.source})`, 'i'), before);
  assert.ok(proxy.alive);
  return seen;
}

/** After whatever happened, a new session with a healthy upstream works. */
async function assertServes(upstream: ScriptedServer, proxy: RunningProxy): Promise<void> {
  upstream.behave(serveAll);
  const client = await RawImap.connect(proxy.endpoint(0, 'none'));
  await client.response();
  await client.login(account);
  await client.ok('NOOP');
  client.close();
}

async function serveLogin(peer: Peer): Promise<void> {
  peer.send(greeting);
  const [tag] = (await peer.line()).split(' ');
  peer.send(`${tag} OK [CAPABILITY IMAP4rev1] logged in\r\n`);
}

async function serveAll(peer: Peer): Promise<void> {
  await serveLogin(peer);
  for (;;) peer.send(`${(await peer.line()).split(' ')[0]} OK done\r\n`);
}

/** A server whose process never accepts and whose queue is full, so that further connections time out. */
async function fullServer(): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const program = `
    const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      require('node:fs').writeSync(1, String(server.address().port));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
    });`;
  const child: ChildProcess = spawn(process.execPath, ['-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [chunk] = await once(child.stdout ?? assert.fail('no output'), 'data');
  const port = Number(chunk);
  const waiting: Socket[] = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').on('error', () => {}));
  return {
    port,
    async stop() {
      for (const socket of waiting) socket.destroy();
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    },
  };
}
