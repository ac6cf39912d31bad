/** `/readyz` as a load balancer meets it: what the server, the script and the workers do decides, and it says why. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { freePorts } from '../support/ports.ts';
import { type ProxyOptions, type RunningProxy, startProxy } from '../support/proxy.ts';
import { RawImap } from '../support/raw-imap.ts';
import { readyz, untilReadyz } from '../support/ready.ts';
import { without } from '../support/required.ts';
import { type Peer, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { pidOf } from '../support/workers.ts';

const greets = async (peer: Peer): Promise<void> => peer.send('* OK [CAPABILITY IMAP4rev1] ready\r\n');

describe('/readyz', { skip: without('openssl'), timeout: 120_000 }, () => {
  let folder: string;
  let certificates: Certificates;
  const running: RunningProxy[] = [];
  const servers: ScriptedServer[] = [];
  before(async () => {
    folder = await temporaryFolder();
    certificates = await makeCertificates(folder);
  });
  afterEach(async () => {
    const stopped = await Promise.allSettled(running.splice(0).map((proxy) => proxy.stop()));
    await Promise.all(servers.splice(0).map((server) => server.stop()));
    for (const result of stopped) if (result.status === 'rejected') throw result.reason;
  });
  after(() => removeFolder(folder));

  const startServer = async (behaviour: (peer: Peer) => Promise<void>): Promise<ScriptedServer> => {
    const server = await scriptedServer();
    server.behave(behaviour);
    servers.push(server);
    return server;
  };
  const start = async (
    upstream: ProxyOptions['upstream'],
    options: Partial<ProxyOptions> = {},
  ): Promise<{ readonly proxy: RunningProxy; readonly admin: number }> => {
    const [admin = 0, ...ports] = await freePorts(2);
    const proxy = await startProxy({
      listen: ['starttls'],
      ports,
      admin: { address: '127.0.0.1', port: admin },
      certificates,
      upstream,
      ...options,
    });
    running.push(proxy);
    return { proxy, admin };
  };
  const plain = (server: ScriptedServer) => ({ port: server.port, encryption: 'none' }) as const;

  test('a server that does not greet: 503 and the reason, and 200 when it greets again', async () => {
    const server = await startServer(async (peer) => peer.send('* BYE overloaded, says mallory\r\n'));
    const { proxy, admin } = await start(plain(server));
    assert.deepEqual(await readyz(admin), {
      status: 503,
      text: 'the server said BYE instead of a greeting\n',
    });
    server.behave(greets);
    assert.deepEqual(await untilReadyz(admin, 200), { status: 200, text: 'ready\n' });
    await proxy.logged(/"reason":"the server said BYE instead of a greeting","msg":"not ready/);
    await proxy.logged(/ready again/);
    assert.equal((await fetch(`http://127.0.0.1:${admin}/healthz`)).status, 200);
  });

  test('a server that is not there, is silent, lets everybody in, or hangs up', async () => {
    const [nobody = 0] = await freePorts(1);
    const refused = await start({ port: nobody, encryption: 'none' });
    const refusal = await readyz(refused.admin);
    assert.equal(refusal.status, 503);
    assert.match(refusal.text, /^127\.0\.0\.1:\d+ cannot be reached: the connection was refused; .*there\n$/);

    const silent = await start({ ...plain(await startServer(async () => {})), connectTimeout: '200ms' });
    assert.match(
      (await readyz(silent.admin)).text,
      // A port for TLS from the first byte is as silent towards whoever says nothing.
      /did not greet within 200 ms \(upstream\.connectTimeout\); is upstream\.encryption right\?\n$/,
    );

    const open = await start(plain(await startServer(async (peer) => peer.send('* PREAUTH welcome\r\n'))));
    assert.match((await readyz(open.admin)).text, /^the server greeted with PREAUTH/);

    const closing = await start(plain(await startServer(async (peer) => void peer.socket.end())));
    assert.match((await readyz(closing.admin)).text, /^the server closed the connection/);
  });

  test('the server is asked by one connection at a time, says LOGOUT, and is believed for a while', async () => {
    const greet: (() => void)[] = [];
    const server = await startServer(async (peer) => {
      greet.push(() => void greets(peer));
      await peer.line();
    });
    for (const workers of [1, 2]) {
      const before = server.connections;
      const { admin } = await start(plain(server), { workers });
      const asked = Array.from({ length: 20 }, () => readyz(admin));
      // Answered without the server: by then the twenty have been heard.
      assert.equal((await fetch(`http://127.0.0.1:${admin}/healthz`)).status, 200);
      while (greet.length === 0) await new Promise((resolve) => setImmediate(resolve));
      greet.shift()?.();
      for (const { status } of await Promise.all(asked)) assert.equal(status, 200);
      assert.equal((await readyz(admin)).status, 200);
      assert.equal(server.connections, before + 1);
    }
    while (server.heard.length < 2) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(server.heard, ['imapveil3 LOGOUT', 'imapveil3 LOGOUT']);
  });

  test('SIGTERM turns it at once, and a server that is awaited holds up neither the answer nor the end', async () => {
    const server = await startServer(greets);
    const { proxy, admin } = await start(plain(server), {
      upstream: { ...plain(server), connectTimeout: '1h' },
      limits: { drainTimeout: '1h' },
    });
    const busy = await RawImap.connect(proxy.endpoint(0, 'none'));
    await busy.response();
    busy.send('w NOOP\r\n');
    const awaited = new Promise<void>((resolve) => server.behave(async () => resolve()));
    const asked = readyz(admin);
    await awaited;
    const stopped = proxy.stop();
    assert.deepEqual(await asked, { status: 503, text: 'draining\n' });
    assert.deepEqual(await readyz(admin), { status: 503, text: 'draining\n' });
    busy.close();
    await stopped;
  });

  test('workers: 503 while none of them answers', async () => {
    const { proxy, admin } = await start(plain(await startServer(greets)), { workers: 2 });
    assert.equal((await readyz(admin)).status, 200);
    const workers = [1, 2].map((worker) => pidOf(proxy, worker));
    for (const pid of workers) process.kill(pid, 'SIGSTOP');
    assert.deepEqual(await untilReadyz(admin, 503), { status: 503, text: 'no worker answers\n' });
    for (const pid of workers) process.kill(pid, 'SIGCONT');
    await untilReadyz(admin, 200);
  });

  test('a script that cannot be opened again: 503, also with workers, and 200 when it can', async () => {
    const server = await startServer(greets);
    // Time is all that a script knows of the outside while it is opened. Both proxies have to be up before `from`, and
    // somebody has to come before `until`, on a busy machine too.
    const from = Math.floor(Date.now() / 1000) + 8;
    const until = from + 6;
    const script = `if os.time() >= ${from} and os.time() < ${until} then error("not now") end
      function DoCapability(ip, caps)
        if os.time() >= ${from} and os.time() < ${until} then while true do end end
        return caps
      end`;
    const prove = async (workers: number, reason: RegExp): Promise<void> => {
      const { proxy, admin } = await start(plain(server), { script, workers });
      assert.equal((await readyz(admin)).status, 200);
      const visit = async (): Promise<void> => {
        const client = await RawImap.connect(proxy.endpoint(0, 'none'));
        await client.response();
        client.close();
      };
      assert.match((await untilReadyz(admin, 503, visit)).text, reason);
      // Nobody comes to a proxy that is not ready, and still it opens its script again.
      await untilReadyz(admin, 200);
    };
    await Promise.all([
      prove(1, /^the script \(hooks\.script\) could not be opened again\n$/),
      prove(2, /^worker [12]: the script \(hooks\.script\) could not be opened again\n$/),
    ]);
  });
});
