/** The front's TLS policy, between two sockets of this process. */
import assert from 'node:assert/strict';
import { connect as connectPlain, createServer } from 'node:net';
import { duplexPair } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { generate } from 'selfsigned';
import type { CertificatePair } from '../../src/net/certificate-choice.ts';
import { makeSelfSigned } from '../../src/net/self-signed.ts';
import { createTlsFront, makeTicketKeys, type TlsFront } from '../../src/net/tls.ts';
import { close, listen, portOf } from '../support/ports.ts';

interface Client {
  readonly socket: TLSSocket;
  /** Settles when the server has sent a ticket. */
  readonly ticket: Promise<Buffer>;
}

describe('the front', () => {
  let pairs: readonly CertificatePair[];
  let front: TlsFront;
  const server = createServer((socket) => {
    front.secure(socket, (secured) => {
      secured.on('error', () => {});
      secured.once('secure', () => secured.write('hello'));
    });
  });
  before(async () => {
    pairs = [await makeSelfSigned(), await makeWildcard()];
    await listen(server);
  });
  after(() => close(server));

  const connected = async (options: ConnectionOptions = {}): Promise<Client> => {
    const socket = connect({
      port: portOf(server),
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ALPNProtocols: ['imap'],
      ...options,
    });
    const ticket = new Promise<Buffer>((resolve) => socket.once('session', resolve));
    await new Promise((resolve, reject) => {
      socket.once('data', resolve);
      socket.once('error', reject);
    });
    return { socket, ticket };
  };

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    test(`${version}: a session ticket is good for every front with the same keys, and for none with others; ALPN holds`, async () => {
      const keys = makeTicketKeys();
      const versions = { minVersion: version, maxVersion: version };
      front = createTlsFront(pairs, { minVersion: 'TLSv1.2' }, keys);
      const first = await connected(versions);
      assert.ok(!first.socket.isSessionReused());
      const session = await first.ticket;
      first.socket.destroy();

      front = createTlsFront(pairs, { minVersion: 'TLSv1.2' }, keys);
      const second = await connected({ ...versions, session });
      assert.ok(second.socket.isSessionReused());
      assert.equal(second.socket.alpnProtocol, 'imap');
      second.socket.destroy();

      front.useTicketKeys(makeTicketKeys());
      const third = await connected({ ...versions, session });
      assert.ok(!third.socket.isSessionReused());
      const renewed = await third.ticket;
      third.socket.destroy();
      const fourth = await connected({ ...versions, session: renewed });
      assert.ok(fourth.socket.isSessionReused());
      fourth.socket.destroy();
    });
  }

  test('SNI chooses the certificate, before and after the keys of tickets were changed', async () => {
    front = createTlsFront(pairs, { minVersion: 'TLSv1.2' }, makeTicketKeys());
    for (const _ of ['before', 'after']) {
      for (const [servername, name] of [
        ['localhost', 'imapveil self-signed'],
        ['mail.example.org', 'wildcard'],
        ['mail.example.com', 'imapveil self-signed'],
      ] as const) {
        const { socket } = await connected({ servername });
        assert.equal(socket.getPeerCertificate().subject.CN, name, servername);
        socket.destroy();
      }
      front.useTicketKeys(makeTicketKeys());
    }
  });
});

test('a client hello byte by byte, one that is none, and one that never ends', async (context) => {
  const front = createTlsFront(
    [await makeSelfSigned(), await makeWildcard()],
    { minVersion: 'TLSv1.2' },
    makeTicketKeys(),
  );
  const outcomes: Promise<string>[] = [];
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on('error', () => {});
    const outcome = new Promise<string>((resolve) => {
      socket.once('close', () => resolve('closed'));
      front.secure(socket, (secured) => {
        secured.once('error', () => resolve('failed')).once('secure', () => resolve('secured'));
        secured.once('secure', () => secured.end());
      });
    });
    outcomes.push(outcome);
  });
  await listen(server);
  context.after(() => close(server));
  const plain = async () => {
    const socket = connectPlain(portOf(server), '127.0.0.1');
    socket.on('error', () => {});
    await new Promise((resolve) => socket.once('connect', resolve));
    return socket;
  };

  // Each byte of the client in a packet of its own.
  const dripped = await plain();
  const [clientEnd, wireEnd] = duplexPair();
  const client = connect({ socket: clientEnd, rejectUnauthorized: false, servername: 'mail.example.org' });
  const named = new Promise<string>((resolve, reject) => {
    client.once('secureConnect', () => resolve(String(client.getPeerCertificate().subject.CN)));
    client.once('error', reject);
  });
  dripped.setNoDelay(true);
  wireEnd.on('data', async (bytes: Buffer) => {
    wireEnd.pause();
    for (const byte of bytes) await new Promise((sent) => dripped.write(Buffer.of(byte), sent));
    wireEnd.resume();
  });
  dripped.on('data', (bytes: Buffer) => wireEnd.write(bytes));
  assert.equal(await named, 'wildcard');
  assert.equal(await outcomes[0], 'secured');
  client.destroy();
  dripped.destroy();

  const http = await plain();
  http.write('GET / HTTP/1.1\r\n\r\n');
  await new Promise((resolve) => http.once('close', resolve));
  assert.equal(await outcomes[1], 'failed');

  const short = await plain();
  short.end(Buffer.from([22, 3, 1, 2, 0, 1]));
  await new Promise((resolve) => short.once('close', resolve));
  assert.equal(await outcomes[2], 'closed');
});

/** For every host right below example.org. */
async function makeWildcard(): Promise<CertificatePair> {
  const made = await generate([{ name: 'commonName', value: 'wildcard' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: '*.example.org' }] }],
  });
  return { cert: made.cert, key: made.private };
}
