/**
 * Several servers behind: sessions go to one that is up, a client never notices one that is not, and one that is back
 * is used again. The servers are scripted; the names they greet with tell who was reached.
 */
import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { close, freePorts, listen, portOf } from '../support/ports.ts';
import { type ProxyOptions, type RunningProxy, startProxy } from '../support/proxy.ts';
import { RawImap } from '../support/raw-imap.ts';
import { readyz, untilReadyz } from '../support/ready.ts';
import { without } from '../support/required.ts';
import { type Peer, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';

type Upstream = Partial<ProxyOptions['upstream']>;

const greetsAs =
  (name: string) =>
  async (peer: Peer): Promise<void> => {
    peer.send(`* OK [CAPABILITY IMAP4rev1] ${name}\r\n`);
    for (;;) {
      const [tag] = (await peer.line()).split(' ');
      peer.send(`${tag} OK ${name} did\r\n`);
    }
  };

describe('several servers behind', { skip: without('openssl'), timeout: 120_000 }, () => {
  let folder: string;
  let certificates: Certificates;
  const ends: (() => Promise<unknown>)[] = [];
  before(async () => {
    folder = await temporaryFolder();
    certificates = await makeCertificates(folder);
  });
  afterEach(async () => {
    const ended = await Promise.allSettled(
      ends
        .splice(0)
        .reverse()
        .map((end) => end()),
    );
    for (const result of ended) if (result.status === 'rejected') throw result.reason;
  });
  after(() => removeFolder(folder));

  const serve = async (behaviour: (peer: Peer) => Promise<void>): Promise<ScriptedServer> => {
    const server = await scriptedServer();
    server.behave(behaviour);
    ends.push(() => server.stop());
    return server;
  };
  const start = async (
    servers: NonNullable<Upstream['servers']>,
    upstream: Upstream = {},
    options: Partial<ProxyOptions> = {},
  ): Promise<RunningProxy> => {
    const proxy = await startProxy({
      listen: ['starttls', 'tls'],
      certificates,
      upstream: { port: 1, encryption: 'none', connectTimeout: '300ms', servers, ...upstream },
      ...options,
    });
    ends.push(() => proxy.stop());
    return proxy;
  };
  const at = (port: number, weight = 1) => ({ host: '127.0.0.1', port, weight });
  /** Connects; resolves to the name that greets. */
  const greeting = async (proxy: RunningProxy, from?: string): Promise<{ client: RawImap; name: string }> => {
    const client = await RawImap.connect(proxy.endpoint(0, 'none'), from === undefined ? {} : { from });
    ends.push(async () => client.close());
    const [, name = ''] = /\] (.*)\r\n$/.exec(await client.response()) ?? [];
    return { client, name };
  };

  test('least sessions, by weight', async () => {
    const [one, two] = [await serve(greetsAs('one')), await serve(greetsAs('two'))];
    const proxy = await start([at(one.port), at(two.port, 3)], { check: { interval: '1h' } });
    const names: string[] = [];
    for (let number = 0; number < 16; number++) names.push((await greeting(proxy)).name);
    assert.equal(names.filter((name) => name === 'one').length, 4);
    assert.equal(names.filter((name) => name === 'two').length, 12);
  });

  test('client address: the same server, session after session, for each of two workers', async () => {
    const servers = [
      await serve(greetsAs('one')),
      await serve(greetsAs('two')),
      await serve(greetsAs('three')),
    ];
    const proxy = await start(
      servers.map(({ port }) => at(port)),
      { balance: 'client-address', check: { interval: '1h' } },
      { workers: 2 },
    );
    const seen = new Set<string>();
    for (let host = 1; host <= 12; host++) {
      const { name } = await greeting(proxy, `127.0.1.${host}`);
      seen.add(name);
      for (let again = 0; again < 3; again++)
        assert.equal((await greeting(proxy, `127.0.1.${host}`)).name, name);
    }
    assert.ok(seen.size > 1, 'twelve clients at one server');
  });

  test('refused, silent, BYE, PREAUTH, no IMAP, hung up: passed over, the early command goes up once', async () => {
    const [nobody = 0] = await freePorts(1);
    const bad = [
      await serve(async () => {}),
      await serve(async (peer) => peer.send('* BYE full\r\n')),
      await serve(async (peer) => peer.send('* PREAUTH come in\r\n')),
      await serve(async (peer) => peer.send('220 smtp.example.org\r\n')),
      await serve(async (peer) => void peer.socket.end()),
    ];
    const good = await serve(greetsAs('good'));
    // The weight has the good one chosen last, for as long as it has no session.
    const proxy = await start([at(nobody, 1000), ...bad.map(({ port }) => at(port, 1000)), at(good.port)], {
      check: { interval: '1h', failures: 100 },
    });
    const client = await RawImap.connect(proxy.endpoint(0, 'none'));
    client.send('e NOOP\r\n');
    assert.match(await client.response(), /^\* OK \[CAPABILITY [^\]]*\] good\r\n$/);
    assert.equal((await client.reply('e')).tagged, 'e OK good did\r\n');
    assert.deepEqual(
      good.heard.filter((line) => !line.startsWith('imapveil')),
      ['e NOOP'],
    );
    for (const server of bad)
      assert.deepEqual(
        server.heard.filter((line) => !line.startsWith('imapveil')),
        [],
      );
    const passed = proxy.log.filter(({ msg }) => String(msg).startsWith('server passed over'));
    assert.equal(passed.length, 6, JSON.stringify(passed));
    client.close();
    const end = await proxy.logged(/"msg":"session ended"/);
    assert.equal(end.upstream, `127.0.0.1:${good.port}`);
  });

  test('one dies: no client is failed; it is down in the log, and back by itself', async () => {
    const one = await serve(greetsAs('one'));
    const [port = 0] = await freePorts(1);
    const proxy = await start([at(one.port), at(port)], { check: { interval: '100ms', failures: 2 } });
    const down = await proxy.logged(/"msg":"server is down/);
    assert.equal(down.upstream, `127.0.0.1:${port}`);
    assert.match(String(down.reason), /connection was refused/);
    const before = proxy.log.length;
    for (let number = 0; number < 6; number++) assert.equal((await greeting(proxy)).name, 'one');
    assert.ok(!proxy.log.slice(before).some(({ msg }) => String(msg).startsWith('server passed over')));

    const sockets = new Set<Socket>();
    const back = await listen(
      createServer((socket) => {
        sockets.add(socket.on('error', () => {}));
        socket.write('* OK [CAPABILITY IMAP4rev1] back\r\n');
      }),
      port,
    );
    ends.push(async () => {
      for (const socket of sockets) socket.destroy();
      await close(back);
    });
    await proxy.logged(/"msg":"server is up again"/);
    assert.equal((await greeting(proxy)).name, 'back');
  });

  test('all down: tried all the same, the client is told, /readyz says why; then one is back', async () => {
    const [admin = 0] = await freePorts(1);
    const servers = [
      await serve(async (peer) => peer.send('* BYE one is full\r\n')),
      await serve(async () => {}),
    ];
    const proxy = await start(
      servers.map(({ port }) => at(port)),
      { check: { interval: '1h', failures: 1 } },
      { admin: { address: '127.0.0.1', port: admin } },
    );
    await proxy.logged(/"msg":"server is down.*/);
    const client = await RawImap.connect(proxy.endpoint(0, 'none'));
    assert.match(await client.rest(), /^\* BYE The mail server is not available\r\n$/);
    const unready = await readyz(admin);
    assert.equal(unready.status, 503);
    assert.match(unready.text, /BYE instead of a greeting; .* did not greet within 300 ms/);
    servers[1]!.behave(greetsAs('two'));
    assert.equal((await greeting(proxy)).name, 'two');
    await proxy.logged(/"msg":"server is up again"/);
    assert.equal((await untilReadyz(admin, 200)).status, 200);
  });

  for (const encryption of ['tls', 'starttls'] as const) {
    test(`${encryption}: a certificate that is not trusted is passed over, with a warning`, async () => {
      const otherFolder = await temporaryFolder();
      ends.push(() => removeFolder(otherFolder));
      const other = await makeCertificates(otherFolder);
      const { readFileSync } = await import('node:fs');
      const { TLSSocket } = await import('node:tls');
      const startTls = async (name: string, { cert, key }: Certificates): Promise<number> => {
        const pem = { cert: readFileSync(cert), key: readFileSync(key) };
        const greet = (socket: Socket, text: string): void => {
          socket.on('error', () => {}).write(text);
        };
        const server =
          encryption === 'tls'
            ? createTlsServer(pem, (socket) => greet(socket, `* OK [CAPABILITY IMAP4rev1] ${name}\r\n`))
            : createServer((socket) => {
                greet(socket, '* OK hello\r\n');
                socket.once('data', () => {
                  socket.write('imapveil1 OK go\r\n');
                  const secured = new TLSSocket(socket, { isServer: true, ...pem });
                  secured.on('error', () => {});
                  secured.once('data', () =>
                    secured.write(`* CAPABILITY IMAP4rev1 ${name}\r\nimapveil2 OK done\r\n`),
                  );
                });
              });
        const sockets = new Set<Socket>();
        server.on('connection', (socket: Socket) => sockets.add(socket));
        await listen(server);
        ends.push(async () => {
          for (const socket of sockets) socket.destroy();
          await close(server);
        });
        return portOf(server);
      };
      const bad = await startTls('BAD', other);
      const good = await startTls('GOOD', certificates);
      const proxy = await start([at(bad, 1000), at(good)], {
        encryption,
        connectTimeout: '5s',
        check: { interval: '1h', failures: 100 },
      });
      const client = await RawImap.connect(proxy.endpoint(0, 'none'));
      assert.match(await client.response(), /^\* OK .*GOOD/);
      client.close();
      const passed = await proxy.logged(/"msg":"server passed over/);
      assert.deepEqual([passed.cause, passed.upstream], ['upstream-untrusted', `127.0.0.1:${bad}`]);
    });
  }

  test('a reload: a new server is used, one that is gone keeps its sessions, one that is down stays down', async () => {
    const [one, two] = [await serve(greetsAs('one')), await serve(greetsAs('two'))];
    const [nobody = 0] = await freePorts(1);
    const upstream = { port: 1, encryption: 'none', check: { interval: '1h', failures: 1 } } as const;
    const proxy = await start([at(one.port), at(nobody)], upstream);
    await proxy.logged(/"msg":"server is down/);
    const { client, name } = await greeting(proxy);
    assert.equal(name, 'one');
    await proxy.configure({ upstream: { ...upstream, servers: [at(nobody), at(two.port)] } });
    assert.match(String((await proxy.reload()).at(-1)?.msg), /^reloaded/);
    assert.equal((await greeting(proxy)).name, 'two');
    assert.ok(!proxy.log.some(({ msg }) => String(msg).startsWith('server passed over')));
    assert.match((await client.ok('NOOP')).tagged, /one did/);
  });
});
