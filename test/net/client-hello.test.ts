/** The name in a client's first message: that of a real client in every division, and nothing from what is broken. */
import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { type ConnectionOptions, connect } from 'node:tls';
import fc from 'fast-check';
import { readClientHello } from '../../src/net/client-hello.ts';

/** What Node's TLS client sends first. */
function helloOf(options: ConnectionOptions): Promise<Buffer> {
  return new Promise((resolve) => {
    const wire = new Duplex({
      read() {},
      write(bytes: Buffer) {
        resolve(bytes);
      },
    });
    const client = connect({ socket: wire, ...options });
    client.on('error', () => {});
  });
}

/** The same message in records of one byte each. */
function inTinyRecords(hello: Buffer): Buffer {
  return Buffer.concat([...hello.subarray(5)].map((byte) => Buffer.from([22, 3, 1, 0, 1, byte])));
}

const unnamed = { kind: 'hello', name: undefined } as const;

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`${version}: the name, as soon as all of the message is there and not before`, async () => {
    const hello = await helloOf({
      servername: 'mail.example.org',
      minVersion: 'TLSv1.2',
      maxVersion: version,
    });
    for (const whole of [hello, inTinyRecords(hello)]) {
      for (let length = 0; length < whole.length; length++) {
        assert.deepEqual(readClientHello(whole.subarray(0, length)), { kind: 'incomplete' }, String(length));
      }
      const named = { kind: 'hello', name: 'mail.example.org' } as const;
      assert.deepEqual(readClientHello(whole), named);
      assert.deepEqual(readClientHello(Buffer.concat([whole, Buffer.from('more')])), named);
    }
  });
}

test('a client that names none, and what is no client hello', async () => {
  assert.deepEqual(readClientHello(await helloOf({ host: '127.0.0.1' })), unnamed);
  for (const other of [
    Buffer.from('GET / HTTP/1.1\r\n'),
    Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0]),
    // An empty record (RFC 8446 §5.1).
    Buffer.from([22, 3, 1, 0, 4, 1, 0, 0, 9, 22, 3, 1, 0, 0]),
    Buffer.from([22, 3, 1, 0, 4, 1, 0, 0, 0]),
    Buffer.from([22, 3, 1, 0, 2, 1, 0, 21, 3, 3]),
  ]) {
    assert.deepEqual(readClientHello(other), unnamed, other.toString('hex'));
  }
});

test('one that never ends is given up', () => {
  const endless = Buffer.alloc(33 * 1024);
  for (let at = 0; at + 5 < endless.length; at += 1029) endless.set([22, 3, 1, 4, 0, 1, 255, 255, 255], at);
  assert.deepEqual(readClientHello(endless.subarray(0, 1024)), { kind: 'incomplete' });
  assert.deepEqual(readClientHello(endless), unnamed);
});

/** A hello whose outer lengths are right, whatever is in it. */
function recordOf(body: Buffer): Buffer {
  const length = body.length;
  return Buffer.concat([
    Buffer.from([22, 3, 1, (length + 4) >> 8, (length + 4) & 255, 1, 0, length >> 8, length & 255]),
    body,
  ]);
}

test('A7: lengths that promise more than there is, wherever it is cut off', async () => {
  const body = (await helloOf({ servername: 'mail.example.org' })).subarray(9);
  for (let at = 34; at + 2 <= body.length; at++) {
    const broken = Buffer.from(body);
    broken.fill(255, at, at + 2);
    for (let length = at; length <= Math.min(at + 8, body.length); length++) {
      assert.equal(readClientHello(recordOf(broken.subarray(0, length))).kind, 'hello');
    }
  }
});

test('whatever its bytes, it is an answer and never an exception', async () => {
  const hello = await helloOf({ servername: 'mail.example.org' });
  const changes = fc.array(fc.tuple(fc.nat(hello.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(changes, fc.nat(hello.length), (edits, length) => {
      const broken = Buffer.from(hello);
      for (const [at, byte] of edits) broken[at] = byte;
      const { kind } = readClientHello(broken.subarray(0, length));
      assert.ok(kind === 'incomplete' || kind === 'hello');
      assert.equal(readClientHello(recordOf(broken.subarray(9, 9 + length))).kind, 'hello');
    }),
  );
});
