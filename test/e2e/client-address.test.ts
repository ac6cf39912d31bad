/**
 * `upstream.clientAddress` in front of servers that nobody should have: one that speaks before TLS, one that knows
 * no ID. The PROXY header is the first thing that a server hears.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, type TestContext, test } from 'node:test';
import { readProxyHeader } from '../../src/net/proxy-header.ts';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { type ProxyOptions, type RunningProxy, startProxy } from '../support/proxy.ts';
import { RawImap } from '../support/raw-imap.ts';
import { without } from '../support/required.ts';
import { type ScriptedServer, scriptedServer } from '../support/scripted-server.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';

describe('upstream.clientAddress in front of odd servers', { skip: without('openssl') }, () => {
  let folder: string;
  let certificates: Certificates;
  let server: ScriptedServer;
  before(async () => {
    folder = await temporaryFolder();
    certificates = await makeCertificates(folder);
    server = await scriptedServer();
  });
  after(async () => {
    await server?.stop();
    await removeFolder(folder);
  });
  const start = async (
    context: TestContext,
    upstream: Omit<ProxyOptions['upstream'], 'port'>,
  ): Promise<RunningProxy> => {
    const proxy = await startProxy({
      listen: ['starttls'],
      certificates,
      upstream: { port: server.port, ...upstream },
    });
    context.after(() => proxy.stop());
    return proxy;
  };

  for (const encryption of ['none', 'starttls', 'tls'] as const) {
    test(`the server hears the header first and once, ${encryption}`, async (context) => {
      const heard = new Promise<Buffer>((resolve) => {
        server.behave(async ({ socket, send }) => {
          const chunks: Buffer[] = [];
          socket.on('data', (text) => {
            chunks.push(Buffer.from(String(text), 'latin1'));
            const all = Buffer.concat(chunks);
            if (all.length === 28 && encryption !== 'tls') send('* OK ready\r\n');
            // 16 fixed bytes, two addresses and ports of IPv4, and what comes behind them.
            if (all.length > 28) resolve(all);
          });
        });
      });
      const proxy = await start(context, { encryption, clientAddress: 'proxy-v2' });
      const client = await RawImap.connect(proxy.endpoint(0, 'none'), { from: '127.0.0.7' });
      if (encryption === 'none') client.send('a NOOP\r\n');
      const bytes = await heard;
      const header = readProxyHeader(bytes);
      assert.ok(header.kind === 'header' && header.length === 28);
      assert.equal(header.source?.address, '127.0.0.7');
      assert.deepEqual(header.destination, { address: '127.0.0.1', port: proxy.ports[0] });
      const behind = bytes.subarray(28).toString('latin1');
      const expected = { none: /^a NOOP\r\n$/, starttls: /^imapveil1 STARTTLS\r\n$/, tls: /^\x16\x03/ };
      assert.match(behind, expected[encryption]);
      client.close();
    });
  }

  test('P16: what a server says before TLS from the first byte is never believed', async (context) => {
    server.behave(async (peer) => peer.send('* OK [CAPABILITY IMAP4rev1] trust me\r\n'));
    const proxy = await start(context, { encryption: 'tls', clientAddress: 'proxy-v2' });
    for (let times = 0; times < 10; times++) {
      const client = await RawImap.connect(proxy.endpoint(0, 'none'));
      assert.equal(await client.rest(), '* BYE The mail server is not available\r\n');
    }
    const ended = await proxy.logged(/"cause":"upstream-unreachable"/);
    assert.match(String(ended.reason), /upstream\.clientAddress/);
  });

  test('nobody listens: said as always', async (context) => {
    const gone = await scriptedServer();
    await gone.stop();
    const proxy = await startProxy({
      listen: ['starttls'],
      certificates,
      upstream: { port: gone.port, encryption: 'tls', clientAddress: 'proxy-v2' },
    });
    context.after(() => proxy.stop());
    const client = await RawImap.connect(proxy.endpoint(0, 'none'));
    assert.equal(await client.rest(), '* BYE The mail server is not available\r\n');
    const ended = await proxy.logged(/"cause":"upstream-unreachable"/);
    assert.match(String(ended.reason), /nothing listens there$/);
  });

  test('a server without ID serves, and one warning says that it takes the proxy for the client', async (context) => {
    const before = server.heard.length;
    server.behave(async (peer) => {
      peer.send('* OK [CAPABILITY IMAP4rev1] ready\r\n');
      peer.send(`${(await peer.line()).split(' ')[0]} OK done\r\n`);
      await once(peer.socket, 'close');
    });
    const proxy = await start(context, { encryption: 'none', clientAddress: 'id' });
    for (let times = 0; times < 2; times++) {
      const client = await RawImap.connect(proxy.endpoint(0, 'none'));
      await client.response();
      await client.ok('NOOP');
      client.close();
    }
    const warning = await proxy.logged(/takes the proxy for the client/);
    assert.match(String(warning.msg), /upstream\.clientAddress is id, but the server does not announce ID/);
    assert.equal(proxy.log.filter(({ msg }) => msg === warning.msg).length, 1);
    assert.equal(
      server.heard.slice(before).some((line) => line.includes(' ID ')),
      false,
    );
  });
});
