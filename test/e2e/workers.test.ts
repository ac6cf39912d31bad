/** Several workers as an operator meets them: real processes, killed, stopped, and told to end. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { everything } from '../support/everything.ts';
import { Held } from '../support/held.ts';
import { close, freePorts, listen, portOf } from '../support/ports.ts';
import { type ProxyOptions, type RunningProxy, startProxy } from '../support/proxy.ts';
import { RawImap } from '../support/raw-imap.ts';
import { without } from '../support/required.ts';
import { type Peer, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts';
import { passwords } from '../support/secrets.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { pidOf, takers } from '../support/workers.ts';

const WORKERS = [1, 2, 3] as const;

describe('workers', { skip: without('openssl'), timeout: 240_000 }, () => {
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
    const stopped = await Promise.allSettled(running.map((proxy) => proxy.stop()));
    await upstream?.stop();
    await removeFolder(folder);
    for (const result of stopped) if (result.status === 'rejected') throw result.reason;
  });

  const start = async (options: Partial<ProxyOptions> = {}): Promise<RunningProxy> => {
    const proxy = await startProxy({
      listen: ['starttls', 'tls'],
      certificates,
      upstream: { port: upstream.port, encryption: 'none' },
      workers: WORKERS.length,
      ...options,
    });
    running.push(proxy);
    return proxy;
  };
  const open = (proxy: RunningProxy, within = 20_000): Promise<RawImap> =>
    RawImap.open(proxy.endpoint(0, 'none'), account, { within });

  /** As many sessions as there are workers, each in another one, in the order of the workers. */
  const oneEach = async (proxy: RunningProxy): Promise<RawImap[]> => {
    const before = proxy.log.length;
    const sessions: RawImap[] = [];
    for (const _ of WORKERS) sessions.push(await open(proxy));
    const numbers = takers(proxy, before);
    assert.deepEqual(numbers.toSorted(), WORKERS);
    return WORKERS.map((worker) => sessions[numbers.indexOf(worker)]!);
  };

  test('connections are spread within a fifth of even, one by one and all at once', async () => {
    const proxy = await start();
    const even = 200 / WORKERS.length;
    const oneByOne: RawImap[] = [];
    for (let count = 0; count < 200; count++) oneByOne.push(await open(proxy));
    const before = proxy.log.length;
    const atOnce = await Promise.all(Array.from({ length: 200 }, () => open(proxy)));
    for (const numbers of [takers(proxy).slice(0, 200), takers(proxy, before)]) {
      assert.equal(numbers.length, 200);
      for (const worker of WORKERS) {
        const got = numbers.filter((number) => number === worker).length;
        assert.ok(Math.abs(got - even) <= even / 5, `worker ${worker} got ${got} of 200`);
      }
    }
    for (const session of [...oneByOne, ...atOnce]) session.close();
  });

  test('a worker that is killed takes its own sessions with it and no other, and is replaced', async () => {
    const proxy = await start();
    const [first, second, third] = await oneEach(proxy);
    const ticket = await ticketFrom(proxy);
    const before = proxy.log.length;
    process.kill(pidOf(proxy, 2), 'SIGKILL');
    await second!.rest();
    await first!.ok('NOOP');
    await third!.ok('NOOP');
    const ended = await proxy.logged(/ended unasked/, before);
    assert.deepEqual([ended.worker, ended.how], [2, 'signal SIGKILL']);
    await proxy.logged(/"worker":2.*worker serves/, before);
    for (const session of await oneEach(proxy)) await session.logout();
    // The one that came later has the ticket keys of the others.
    for (const _ of WORKERS) assert.ok(await isResumed(proxy, ticket));
    await first!.ok('NOOP');
    await third!.ok('NOOP');
  });

  test('a worker whose event loop stands still is killed and replaced; nobody who came meanwhile is lost', async () => {
    const proxy = await start();
    const [stuck, second, third] = await oneEach(proxy);
    const before = proxy.log.length;
    process.kill(pidOf(proxy, 1), 'SIGSTOP');
    const meanwhile = Array.from({ length: 9 }, () => open(proxy));
    await proxy.logged(/has not answered/, before);
    await stuck!.rest();
    await proxy.logged(/"worker":1.*worker serves/, before);
    for (const session of [second!, third!, ...(await Promise.all(meanwhile))]) await session.ok('NOOP');
    for (const session of await oneEach(proxy)) await session.logout();
  });

  test('a session ticket of one worker is good for all', async () => {
    const proxy = await start();
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const ticket = await ticketFrom(proxy, version);
      const before = proxy.log.length;
      for (const _ of WORKERS) assert.ok(await isResumed(proxy, ticket, version), version);
      assert.deepEqual(takers(proxy, before).toSorted(), WORKERS);
    }
  });

  test('SIGTERM: idle sessions hear BYE, busy ones finish, each in its worker, and the exit code is 0', async () => {
    const [port = 0, ...ports] = await freePorts(3);
    const proxy = await start({
      ports,
      admin: { address: '127.0.0.1', port },
      limits: { drainTimeout: '1h' },
    });
    const ready = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status;
    assert.equal(await ready(), 200);
    const [idle, busy, other] = await oneEach(proxy);
    busy!.send('w WAIT\r\n');
    const finish = await waiters.next();
    const stopped = proxy.stop();
    for (const session of [idle!, other!]) {
      assert.match(await session.rest(), /\* BYE The proxy is shutting down\r\n$/);
    }
    assert.equal(await ready(), 503);
    await assert.rejects(RawImap.connect(proxy.endpoint(0, 'none')));
    finish();
    assert.match(await busy!.rest(), /w OK waited\r\n\* BYE The proxy is shutting down\r\n$/);
    await stopped;
    assert.ok(!proxy.log.some(({ msg }) => /unasked/.test(String(msg))));
  });

  test('a second SIGTERM ends at once', async () => {
    const proxy = await start({ limits: { drainTimeout: '1h' } });
    const [busy] = await oneEach(proxy);
    busy!.send('w WAIT\r\n');
    await waiters.next();
    const stopped = proxy.stop();
    await proxy.logged(/SIGTERM/);
    process.kill(proxy.pid, 'SIGTERM');
    assert.match(await busy!.rest(), /\* BYE The proxy was stopped\r\n$/);
    await stopped;
  });

  test('Ctrl-C and service managers signal the whole group: workers leave it to the primary', async () => {
    const proxy = await start();
    const sessions = await oneEach(proxy);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      for (const worker of WORKERS) process.kill(pidOf(proxy, worker), signal);
    }
    for (const session of sessions) await session.ok('NOOP');
    for (const session of await oneEach(proxy)) await session.logout();
  });

  test('when the primary is killed its workers let their sessions finish, and none is left', async () => {
    const proxy = await start({ limits: { drainTimeout: '1h' } });
    const [idle, busy] = await oneEach(proxy);
    busy!.send('w WAIT\r\n');
    const finish = await waiters.next();
    process.kill(proxy.pid, 'SIGKILL');
    assert.match(await idle!.rest(), /\* BYE The proxy is shutting down\r\n$/);
    finish();
    assert.match(await busy!.rest(), /w OK waited\r\n\* BYE The proxy is shutting down\r\n$/);
    // Settles when nobody holds the other end of the proxy's standard output any more.
    await assert.rejects(proxy.stop(), /ended with SIGKILL/);
    running.splice(running.indexOf(proxy), 1);
  });

  test('a port that is taken: one line, exit code 1, and no worker is left', async () => {
    const taken = createServer();
    await listen(taken);
    await assert.rejects(
      start({ ports: [(await freePorts(1))[0]!, portOf(taken)] }),
      /ended with 1 .*imapveil: cannot listen on 127\.0\.0\.1 port \d+: another process listens there already\n$/s,
    );
    await close(taken);
  });

  test('limits hold over all workers, and the connections of a dead worker do not count', async () => {
    const proxy = await start({ limits: { connections: 5, connectionsPerAddress: 3, loginTimeout: '1h' } });
    const sessions = await oneEach(proxy);
    await untilRefused(proxy, '127.0.0.1');
    await proxy.logged(/connectionsPerAddress/);
    for (const from of ['127.0.0.2', '127.0.0.3']) {
      sessions.push(await RawImap.open(proxy.endpoint(0, 'none'), account, { from }));
    }
    await untilRefused(proxy, '127.0.0.4');
    await proxy.logged(/limits\.connections \(5\)/);
    const before = proxy.log.length;
    process.kill(pidOf(proxy, 1), 'SIGKILL');
    await proxy.logged(/"worker":1.*worker serves/, before);
    (await untilAccepted(proxy, '127.0.0.1')).close();
    for (const session of sessions) session.close();
  });

  test('each worker has the script', async () => {
    const script =
      'function DoCapability(ip, caps) return (string.gsub(caps, " STARTTLS ", " STARTTLS X-SEEN ")) end';
    const proxy = await start({ script });
    const before = proxy.log.length;
    for (const _ of WORKERS) {
      const session = await RawImap.connect(proxy.endpoint(0, 'none'));
      assert.match(await session.response(), /X-SEEN/);
      session.close();
    }
    assert.deepEqual(takers(proxy, before).toSorted(), WORKERS);
  });

  test('workers: 1 is one process, which opens the script once', async () => {
    const proxy = await start({ workers: 1, script: 'print("opened")' });
    const session = await open(proxy);
    assert.equal(proxy.log.filter((entry) => entry.script === 'opened').length, 1);
    assert.deepEqual(takers(proxy), [Number.NaN]);
    assert.equal(await readFile(`/proc/${proxy.pid}/task/${proxy.pid}/children`, 'utf8'), '');
    await session.logout();
  });

  /** Connects until a connection is refused: workers hear of a limit a moment after it was reached. */
  const untilRefused = async (proxy: RunningProxy, from: string): Promise<void> => {
    while ((await greetingOf(proxy, from)) !== '* BYE Too many connections\r\n');
  };

  const greetingOf = async (proxy: RunningProxy, from: string): Promise<string> => {
    const socket = connect({ port: proxy.ports[0]!, host: '127.0.0.1', localAddress: from });
    socket.once('data', () => socket.end());
    return everything(socket);
  };

  const untilAccepted = async (proxy: RunningProxy, from: string): Promise<RawImap> => {
    for (;;) {
      const session = await RawImap.connect(proxy.endpoint(0, 'none'), { from });
      if (/^\* OK/.test(await session.response())) return session;
      session.close();
    }
  };

  type Version = NonNullable<ConnectionOptions['minVersion']>;

  const tls = async (proxy: RunningProxy, version: Version, session?: Buffer): Promise<TLSSocket> =>
    connectTls({
      host: '127.0.0.1',
      port: proxy.ports[1]!,
      servername: 'localhost',
      ca: await readFile(certificates.ca),
      minVersion: version,
      maxVersion: version,
      ...(session && { session }),
    });

  const ticketFrom = async (proxy: RunningProxy, version: Version = 'TLSv1.3'): Promise<Buffer> => {
    const socket = await tls(proxy, version);
    const [ticket] = await Promise.all([
      new Promise<Buffer>((resolve) => socket.once('session', resolve)),
      new Promise((resolve) => socket.once('data', resolve)),
    ]);
    socket.destroy();
    return ticket;
  };

  const isResumed = async (
    proxy: RunningProxy,
    ticket: Buffer,
    version: Version = 'TLSv1.3',
  ): Promise<boolean> => {
    const socket = await tls(proxy, version, ticket);
    await new Promise((resolve, reject) => {
      socket.once('data', resolve);
      socket.once('error', reject);
    });
    const resumed = socket.isSessionReused();
    socket.destroy();
    return resumed;
  };
});

const account = { user: 'alice', password: passwords.scripted };

/** Clients that wait for an answer. */
const waiters = new Held();

/** An IMAP server that agrees to everything and answers WAIT when it is told to. */
async function serve(peer: Peer): Promise<void> {
  peer.send('* OK [CAPABILITY IMAP4rev1] ready\r\n');
  for (;;) {
    const [tag, verb] = (await peer.line()).split(' ');
    if (verb === 'WAIT') {
      waiters.add(() => peer.send(`${tag} OK waited\r\n`));
    } else if (verb === 'LOGOUT') {
      peer.send(`* BYE\r\n${tag} OK out\r\n`);
      peer.socket.end();
    } else {
      peer.send(`${tag} OK done\r\n`);
    }
  }
}
