/** The process as an operator meets it: limits, time-outs, health, and the way down. */
import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { everything } from '../support/everything.ts';
import { Held } from '../support/held.ts';
import { close, freePorts, listen, portOf } from '../support/ports.ts';
import { type ProxyOptions, type RunningProxy, startProxy } from '../support/proxy.ts';
import { RawImap } from '../support/raw-imap.ts';
import { without } from '../support/required.ts';
import { type Peer, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts';
import { findSecret, passwords } from '../support/secrets.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';

describe('the process', { skip: without('openssl') }, () => {
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
    for (const proxy of running) await proxy.stop();
    await upstream?.stop();
    await removeFolder(folder);
  });

  const start = async (options: Partial<ProxyOptions> = {}): Promise<RunningProxy> => {
    const behind = { port: upstream.port, encryption: 'none' } as const;
    const proxy = await startProxy({
      listen: ['starttls', 'tls'],
      certificates,
      upstream: behind,
      ...options,
    });
    running.push(proxy);
    return proxy;
  };

  test('A16: who does not log in, or finish the handshake, in time is sent away', async () => {
    const proxy = await start({ limits: { loginTimeout: '400ms', handshakeTimeout: '200ms' } });
    const silent = await RawImap.connect(proxy.endpoint(0, 'none'));
    assert.match(await silent.rest(), /\* OK .*ready\r\n\* BYE Autologout/s);
    await proxy.logged(/login-timeout/);

    assert.equal(await everything(connect(proxy.ports[1]!, '127.0.0.1')), '');
    await proxy.logged(/handshake-timeout/);

    const patient = await RawImap.open(proxy.endpoint(0, 'none'), account);
    await new Promise((resolve) => setTimeout(resolve, 600));
    await patient.ok('NOOP');
    await patient.logout();
  });

  test('P21: UNAUTHENTICATE gives the time for a login anew, and no more than that', async () => {
    const proxy = await start({ limits: { loginTimeout: '1s', handshakeTimeout: '200ms' } });
    const client = await RawImap.open(proxy.endpoint(0, 'none'), account);
    const never = await RawImap.connect(proxy.endpoint(0, 'none'));
    await never.response();
    const untilItEnds = async (): Promise<void> => {
      for (;;) await never.ok('UNAUTHENTICATE');
    };
    await assert.rejects(untilItEnds, /Autologout: there was no login in time/);
    // That one came later and has had its time: so the first has had it, too.
    await client.ok('UNAUTHENTICATE');
    // The deadlines are looked at meanwhile.
    assert.equal(await everything(connect(proxy.ports[1]!, '127.0.0.1')), '');
    await client.ok(`LOGIN ${account.user} ${account.password}`);
    const before = proxy.log.length;
    await client.ok('UNAUTHENTICATE');
    assert.match(await client.rest(), /^\* BYE Autologout: there was no login in time/);
    const { duration } = await proxy.logged(/"cause":"login-timeout"/, before);
    assert.ok(Number(duration) >= 2000, `it began with the connection: ${duration}`);
  });

  test('who says nothing for idleTimeout is logged out', async () => {
    const proxy = await start({ limits: { idleTimeout: '500ms' } });
    const silent = await RawImap.open(proxy.endpoint(0, 'none'), account);
    assert.match(await silent.rest(), /\* BYE Autologout/);
    await proxy.logged(/idle-timeout/);
  });

  test('P13: IDLE outlasts every time-out but idleTimeout', async () => {
    const proxy = await start({
      limits: { loginTimeout: '300ms', handshakeTimeout: '300ms', idleTimeout: '30m' },
    });
    const client = await RawImap.open(proxy.endpoint(1, 'tls'), account);
    client.send('i IDLE\r\n');
    assert.match(await client.response(), /^\+ /);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    client.send('DONE\r\n');
    assert.match((await client.reply('i')).tagged, /^i OK/);
    await client.logout();
  });

  test('A12: a session never gets a connection to the server that another one has used', async () => {
    const proxy = await start();
    const before = upstream.connections;
    for (let session = 1; session <= 3; session++) {
      const client = await RawImap.open(proxy.endpoint(0, 'none'), account);
      await client.logout();
      assert.equal(upstream.connections, before + session);
    }
  });

  test('too many connections, in all and from one address, are refused with a reason', async () => {
    const proxy = await start({ limits: { connections: 3, connectionsPerAddress: 2 } });
    const first = await RawImap.open(proxy.endpoint(0, 'none'), account);
    const second = await RawImap.open(proxy.endpoint(0, 'none'), account);
    assert.equal(await everything(connect(proxy.ports[0]!, '127.0.0.1')), '* BYE Too many connections\r\n');
    await proxy.logged(/connectionsPerAddress/);
    const other = await RawImap.open(proxy.endpoint(0, 'none'), account, { from: '127.0.0.2' });
    assert.equal(
      await everything(connect({ port: proxy.ports[0]!, host: '127.0.0.1', localAddress: '127.0.0.3' })),
      '* BYE Too many connections\r\n',
    );
    await proxy.logged(/limits\.connections \(3\)/);
    for (const client of [first, second, other]) await client.logout();
    const again = await RawImap.open(proxy.endpoint(0, 'none'), account);
    await again.logout();
  });

  test('A3, A15: what is no TLS handshake ends its connection and is in the log', async () => {
    const proxy = await start();
    const client = connect(proxy.ports[1]!, '127.0.0.1');
    client.write(`a1 LOGIN alice ${passwords.unasked}\r\n`);
    assert.doesNotMatch(await everything(client), /OK/);
    await proxy.logged(/client-tls-failed/);
    assert.equal(findSecret(JSON.stringify(proxy.log)), undefined);
  });

  test('P15: bytes that come with STARTTLS, in the next segment too, are never answered inside TLS', async () => {
    const proxy = await start();
    for (const injected of [`s STARTTLS\r\nx LOGIN alice ${passwords.unasked}\r\n`, 's STARTTLS\r\nx']) {
      const client = await RawImap.connect(proxy.endpoint(0, 'none'));
      await client.response();
      client.send(injected);
      assert.doesNotMatch(await client.rest(), /x (OK|NO|BAD)/);
    }
    const client = connect(proxy.ports[0]!, '127.0.0.1');
    client.write('s STARTTLS\r\n');
    await new Promise<void>((resolve) => {
      client.on('data', (chunk) => {
        if (String(chunk).includes('s OK')) resolve();
      });
    });
    client.write(`x LOGIN alice ${passwords.unasked}\r\n`);
    assert.doesNotMatch(await everything(client), /x (OK|NO|BAD)/);
    assert.ok(!upstream.heard.some((line) => line.startsWith('x ')));
  });

  test('/healthz and /readyz', async () => {
    const [port = 0, ...ports] = await freePorts(3);
    const proxy = await start({ ports, admin: { address: '127.0.0.1', port } });
    for (const path of ['healthz', 'readyz']) {
      const response = await fetch(`http://127.0.0.1:${port}/${path}`);
      assert.equal(response.status, 200, path);
    }
    assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 404);
    assert.ok(proxy.alive);
  });

  test('SIGTERM: idle sessions hear BYE in their turn, busy ones when they are done, and the exit code is 0', async () => {
    const [port = 0, ...ports] = await freePorts(3);
    const proxy = await start({ ports, admin: { address: '127.0.0.1', port } });
    const idle = await RawImap.open(proxy.endpoint(1, 'tls'), account);
    const busy = await RawImap.open(proxy.endpoint(0, 'none'), account);
    busy.send('w WAIT\r\n');
    const finish = await waiters.next();
    const stopped = proxy.stop();
    assert.match(await idle.rest(), /\* BYE The proxy is shutting down\r\n$/);
    assert.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 503);
    assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200);
    await assert.rejects(RawImap.connect(proxy.endpoint(0, 'none')));
    finish();
    assert.match(await busy.rest(), /w OK waited\r\n\* BYE The proxy is shutting down\r\n$/);
    await stopped;
  });

  test('SIGTERM: who is not done in drainTimeout is ended', async () => {
    const proxy = await start({ limits: { drainTimeout: '200ms' } });
    const busy = await RawImap.open(proxy.endpoint(0, 'none'), account);
    busy.send('w WAIT\r\n');
    await waiters.next();
    const stopped = proxy.stop();
    assert.match(await busy.rest(), /\* BYE The proxy was stopped\r\n$/);
    await stopped;
  });

  test('a second SIGTERM ends at once', async () => {
    const proxy = await start({ limits: { drainTimeout: '1h' } });
    const busy = await RawImap.open(proxy.endpoint(0, 'none'), account);
    busy.send('w WAIT\r\n');
    await waiters.next();
    const stopped = proxy.stop();
    await proxy.logged(/SIGTERM/);
    process.kill(proxy.pid, 'SIGTERM');
    assert.match(await busy.rest(), /\* BYE The proxy was stopped\r\n$/);
    await stopped;
  });

  test('a port that is taken: one line, exit code 1', async () => {
    const taken = createServer();
    await listen(taken);
    await assert.rejects(
      start({ ports: [portOf(taken), (await freePorts(1))[0]!] }),
      /ended with 1 .*another process listens there already/s,
    );
    await close(taken);
  });
});

const account = { user: 'alice', password: passwords.scripted };

/** Clients that wait for an answer. */
const waiters = new Held();

/** An IMAP server that agrees to everything and answers WAIT when it is told to. */
async function serve(peer: Peer): Promise<void> {
  peer.send('* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n');
  for (;;) {
    const [tag, verb] = (await peer.line()).split(' ');
    if (verb === 'WAIT') {
      waiters.add(() => peer.send(`${tag} OK waited\r\n`));
    } else if (verb === 'IDLE') {
      peer.send('+ idling\r\n');
      await peer.line();
      peer.send(`${tag} OK done\r\n`);
    } else if (verb === 'LOGOUT') {
      peer.send(`* BYE\r\n${tag} OK out\r\n`);
      peer.socket.end();
    } else {
      peer.send(`${tag} OK done\r\n`);
    }
  }
}
