/** The front's TLS policy, between two sockets of this process. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
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
    const secured = front.secure(socket);
    secured.on('error', () => {});
    secured.once('secure', () => secured.write('hello'));
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

/** For every host right below example.org. */
async function makeWildcard(): Promise<CertificatePair> {
  const made = await generate([{ name: 'commonName', value: 'wildcard' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: '*.example.org' }] }],
  });
  return { cert: made.cert, key: made.private };
}
