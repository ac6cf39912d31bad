/**
 * The PROXY header in front of the built command: who is believed, who is not, and that neither the header's last
 * byte nor the client's first one is lost between them, however they are cut.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { close, listen, portOf } from '../support/ports.ts';
import { type ProxyOptions, type RunningProxy, startProxy } from '../support/proxy.ts';
import { RawImap } from '../support/raw-imap.ts';
import type { Relay } from '../support/relay.ts';
import { without } from '../support/required.ts';
import { type Peer, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';

const V1 = Buffer.from('PROXY TCP4 192.0.2.7 198.51.100.1 56324 1430\r\n', 'latin1');
const V2 = Buffer.from('0d0a0d0a000d0a515549540a2111000cc0000207c6336401dc040596', 'hex');
const LOCAL = Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex');

const script = `
function GetEncryption(client, server, serverport, mode)
  print("ends: " .. client .. " " .. server .. " " .. serverport)
  return mode
end
function DoCapability(ipaddr, capabilities, context)
  return capabilities .. "X-" .. ipaddr .. "-" .. context.client .. "-" .. context.serverport
end`;

const told = 'X-192.0.2.7-192.0.2.7-1430';

/** One write of the header and the client's first bytes, the header alone, or each byte in a write of its own. */
type Cut = 'glued' | 'apart' | 'byte by byte';

/** A load balancer: relays to the port, its own header in front. */
async function balancer(port: number, header: Buffer, cut: Cut): Promise<Relay> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, async (near) => {
    const far = connect({ host: '127.0.0.1', port, noDelay: true });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        near.destroy();
        far.destroy();
      });
    }
    far.pipe(near);
    const first = cut === 'glued' ? ((await once(near, 'data')) as [Buffer])[0] : Buffer.alloc(0);
    const start = Buffer.concat([header, first]);
    if (cut === 'byte by byte') {
      for (const byte of start) {
        far.write(Buffer.of(byte));
        await new Promise(setImmediate);
      }
    } else far.write(start);
    near.pipe(far);
  });
  await listen(server);
  return {
    port: portOf(server),
    async stop() {
      for (const socket of sockets) socket.destroy();
      await close(server);
    },
  };
}

async function serve(peer: Peer): Promise<void> {
  peer.send('* OK [CAPABILITY IMAP4rev1] ready\r\n');
  for (;;) {
    const [tag, command] = (await peer.line()).split(' ');
    if (command === 'LOGOUT') peer.send('* BYE\r\n');
    if (command === 'CAPABILITY') peer.send('* CAPABILITY IMAP4rev1\r\n');
    peer.send(command === 'TCP4' ? `${tag} BAD Unknown command\r\n` : `${tag} OK done\r\n`);
  }
}

describe('PROXY header', { skip: without('openssl') }, () => {
  let folder: string;
  let certificates: Certificates;
  let upstream: ScriptedServer;
  let proxy: RunningProxy;
  const stops: { stop(): Promise<void> }[] = [];
  const start = async (options: Partial<ProxyOptions> = {}) => {
    const started = await startProxy({
      listen: ['starttls', 'tls', 'starttls-required'],
      certificates,
      upstream: { port: upstream.port, encryption: 'none' },
      proxyProtocol: ['127.0.0.1', '10.0.0.0/8'],
      script,
      ...options,
    });
    stops.push(started);
    return started;
  };
  before(async () => {
    folder = await temporaryFolder();
    certificates = await makeCertificates(folder);
    upstream = await scriptedServer();
    upstream.behave(serve);
    proxy = await start({ limits: { handshakeTimeout: '1s' } });
  });
  after(async () => {
    const results = await Promise.allSettled(stops.reverse().map((each) => each.stop()));
    await upstream?.stop();
    await removeFolder(folder);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  });
  const through = async (place: number, security: 'none' | 'starttls' | 'tls', header: Buffer, cut: Cut) => {
    const relay = await balancer(proxy.ports[place]!, header, cut);
    stops.push(relay);
    return RawImap.connect({ ...proxy.endpoint(place, security), port: relay.port });
  };

  for (const [version, header] of [
    ['1', V1],
    ['2', V2],
  ] as const) {
    for (const cut of ['glued', 'apart', 'byte by byte'] as const) {
      test(`version ${version}, TLS from the first byte, ${cut}`, async () => {
        const client = await through(1, 'tls', header, cut);
        assert.ok((await client.response()).includes(told));
        await client.ok('NOOP');
        client.close();
      });
    }
    for (const cut of ['apart', 'byte by byte'] as const) {
      test(`version ${version}, STARTTLS, ${cut}`, async () => {
        const client = await through(2, 'starttls', header, cut);
        assert.ok((await client.response()).includes(told));
        await client.startTls();
        assert.ok((await client.ok('CAPABILITY')).untagged[0]?.includes(told));
        client.close();
      });
    }
    test(`version ${version}, in the clear, in one write with a command`, async () => {
      const before = proxy.log.length;
      const client = await RawImap.connect(proxy.endpoint(0, 'none'));
      client.send(Buffer.concat([header, Buffer.from('t1 CAPABILITY\r\nt2 NOOP\r\n')]));
      assert.ok((await client.response()).includes(told));
      assert.ok((await client.reply('t1')).untagged[0]?.includes(told));
      await client.reply('t2');
      client.close();
      await proxy.logged(/"script":"ends: 192\.0\.2\.7 198\.51\.100\.1 1430"/, before);
      const ended = await proxy.logged(/"msg":"session ended"/, before);
      assert.deepEqual([ended.client, ended.serverport], ['192.0.2.7', 1430]);
    });
  }

  test('a header that names nobody leaves the addresses of the connection', async () => {
    for (const header of [LOCAL, Buffer.from('PROXY UNKNOWN\r\n')]) {
      const client = await through(0, 'none', header, 'apart');
      assert.ok((await client.response()).includes(`X-127.0.0.1-127.0.0.1-${proxy.ports[0]}`));
      client.close();
    }
  });

  test('from elsewhere no header is read: the connection is served as it is, and a header is no command', async () => {
    const client = await RawImap.connect(proxy.endpoint(0, 'none'), { from: '127.0.0.2' });
    assert.ok((await client.response()).includes(`X-127.0.0.2-127.0.0.2-${proxy.ports[0]}`));
    client.send(V1);
    assert.match(await client.response(), /^PROXY BAD/);
    assert.ok((await client.ok('CAPABILITY')).untagged[0]?.includes('X-127.0.0.2-127.0.0.2-'));
    const before = proxy.log.length;
    client.send(V2);
    client.close();
    assert.equal((await proxy.logged(/"msg":"session ended"/, before)).client, '127.0.0.2');
  });

  test('from a trusted network without a header: closed without a word, and the server is not bothered', async () => {
    for (const [place, first] of [
      [0, 'a1 NOOP\r\n'],
      [1, '\x16\x03\x01'],
      [2, 'PROXY TCP4 x y 1 2\r\n'],
    ] as const) {
      const before = proxy.log.length;
      const connections = upstream.connections;
      const client = await RawImap.connect(proxy.endpoint(place, 'none'));
      client.send(first);
      assert.equal(await client.rest(), '');
      const ended = await proxy.logged(/"cause":"proxy-header"/, before);
      assert.equal(ended.client, '127.0.0.1');
      assert.match(String(ended.reason), /listen\.proxyProtocol/);
      assert.equal(upstream.connections, connections);
    }
  });

  test('A16: the header has its deadline, and does not prolong it byte by byte', async () => {
    for (const sent of ['', 'PROXY TCP4 192.0.2.7 ']) {
      const before = proxy.log.length;
      const client = await RawImap.connect(proxy.endpoint(0, 'none'), { within: 5000 });
      const drip = setInterval(() => sent !== '' && client.send('1'), 300);
      client.send(sent);
      assert.equal(await client.rest(), '');
      clearInterval(drip);
      await proxy.logged(/"cause":"proxy-header-timeout"/, before);
    }
  });

  test('limits.connectionsPerAddress counts the address in the header, limits.connections who has sent none', async () => {
    const small = await start({ limits: { connections: 3, connectionsPerAddress: 1 } });
    const open = async (address: string) => {
      const client = await RawImap.connect(small.endpoint(0, 'none'));
      client.send(`PROXY TCP4 ${address} 198.51.100.1 1 143\r\n`);
      return { client, greeting: await client.response() };
    };
    const first = await open('192.0.2.1');
    assert.match(first.greeting, /^\* OK/);
    const second = await open('192.0.2.2');
    assert.match(second.greeting, /^\* OK/);
    assert.match((await open('192.0.2.1')).greeting, /^\* BYE Too many/);
    const silent = await RawImap.connect(small.endpoint(0, 'none'));
    const tooMany = await RawImap.connect(small.endpoint(0, 'none'));
    assert.match(await tooMany.response(), /^\* BYE Too many/);
    const before = small.log.length;
    for (const each of [first.client, second.client, silent]) each.close();
    await small.logged(/"client":"127\.0\.0\.1".*"cause":"client-closed"/, before);
  });

  test('an IPv6 client is counted by its network of 64 bits, one that is written as IPv6 by its IPv4 address', async () => {
    const small = await start({ limits: { connectionsPerAddress: 2 } });
    const greeting = async (address: string) => {
      const client = await RawImap.connect(small.endpoint(0, 'none'));
      client.send(`PROXY TCP6 ${address} 2001:db8::1 1 143\r\n`);
      return await client.response();
    };
    assert.match(await greeting('2001:db8:1:2::1'), /^\* OK/);
    assert.match(await greeting('2001:db8:1:2:3:4:5:6'), /^\* OK/);
    assert.match(await greeting('2001:db8:1:2:ffff::7'), /^\* BYE Too many/);
    await small.logged(/2001:db8:1:2::\/64 has limits\.connectionsPerAddress \(2\) connections already/);
    assert.match(await greeting('2001:db8:1:3::1'), /^\* OK/);
    for (const last of [1, 2, 3]) assert.match(await greeting(`::ffff:192.0.2.${last}`), /^\* OK/);
  });

  test('who has sent no header yet does not hold up the end', async () => {
    const ending = await start();
    const silent = await RawImap.connect(ending.endpoint(0, 'none'));
    silent.send('PROXY');
    await ending.stop();
    assert.equal(await silent.rest(), '');
    assert.ok(ending.log.some((entry) => entry.cause === 'draining' && entry.client === '127.0.0.1'));
  });
});
