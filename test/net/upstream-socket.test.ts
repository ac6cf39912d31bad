/** The connection to the server: which address it goes to, and how much is read at once. */
import assert from 'node:assert/strict';
import dns from 'node:dns';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { after, before, describe, mock, test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { connectUpstream } from '../../src/net/upstream-socket.ts';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { close, portOf } from '../support/ports.ts';
import { without } from '../support/required.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';

describe('a name with several addresses', { skip: without('openssl'), timeout: 30_000 }, () => {
  let folder: string;
  let certificates: Certificates;
  before(async () => {
    folder = await temporaryFolder();
    certificates = await makeCertificates(folder);
  });
  after(() => removeFolder(folder));

  /** The first two are refused; nobody is at the third (RFC 5737), which says nothing or cannot be got to. */
  const addresses = ['127.0.0.2', '127.0.0.3', '192.0.2.1', '127.0.0.1'];

  for (const encryption of ['none', 'tls', 'starttls'] as const) {
    test(`${encryption}: the last one accepts`, async () => {
      const pem = { cert: readFileSync(certificates.cert), key: readFileSync(certificates.key) };
      const greet = (socket: { end(text: string): void }): void => socket.end('* OK ready\r\n');
      const server = encryption === 'tls' ? createTlsServer(pem, greet) : createServer(greet);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const asked: string[] = [];
      const lookup = mock.method(dns, 'lookup', (...words: unknown[]) => {
        asked.push(String(words[0]));
        const answer = words.at(-1) as (error: null, found: unknown) => void;
        process.nextTick(
          answer,
          null,
          addresses.map((address) => ({ address, family: 4 })),
        );
      });
      try {
        for (let time = 1; time <= 2; time++) {
          let heard = '';
          const tls = { ca: readFileSync(certificates.ca), servername: 'localhost' };
          const socket = connectUpstream({ host: 'mail.internal', port: portOf(server) }, encryption, tls, {
            heard: (bytes) => {
              heard += bytes;
            },
            inLiteral: () => false,
          });
          socket.on('data', (bytes) => {
            heard += bytes;
          });
          await once(socket, 'close');
          assert.equal(heard, '* OK ready\r\n');
          assert.equal(asked.length, time);
        }
        assert.deepEqual(new Set(asked), new Set(['mail.internal']));
      } finally {
        lookup.mock.restore();
        await close(server);
      }
    });
  }
});

describe('how much is read at once', { timeout: 30_000 }, () => {
  const TOTAL = 32 * 1024 * 1024;

  /** The longest piece of so many bytes from a server that is quicker than its reader. */
  async function longestPiece(inLiteral: boolean): Promise<number> {
    const server = createServer((socket) => socket.end(Buffer.alloc(TOTAL, 'x')));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    let [total, longest] = [0, 0];
    const to = { host: '127.0.0.1', port: portOf(server) };
    const socket = connectUpstream(
      to,
      'none',
      {},
      {
        heard: ({ length }) => {
          total += length;
          longest = Math.max(longest, length);
          // Who lets the kernel wait finds more there.
          socket.pause();
          setImmediate(() => socket.resume());
        },
        inLiteral: () => inLiteral,
      },
    );
    await once(socket, 'close');
    await close(server);
    assert.equal(total, TOTAL);
    return longest;
  }

  test('of the inside of a literal up to 512 KiB, of lines no more than 128', async () => {
    assert.ok((await longestPiece(true)) > 256 * 1024);
    assert.equal(await longestPiece(false), 128 * 1024);
  });
});
