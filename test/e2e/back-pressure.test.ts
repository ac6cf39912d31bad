/** P14: a side is read only while the other takes what it gets. What passes is never kept, however much it is. */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { type RunningProxy, startProxy } from '../support/proxy.ts';
import { without } from '../support/required.ts';
import { assertGrownLess, MEBIBYTE, residentMemory } from '../support/resident-memory.ts';
import { type Peer, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts';
import { passwords } from '../support/secrets.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';

/** What passes in one direction; a proxy that kept it would be seen. */
const SIZE = 1024 * MEBIBYTE;
/** How much of it may be on its way while one side does not read, in the kernel's buffers nearly all. */
const ON_ITS_WAY = 128 * MEBIBYTE;
/** How much the process may grow. */
const GROWTH = 48 * MEBIBYTE;
/** How much behind a FETCH, of which V8 lets 64 MiB lie before it collects, and the new space besides. */
const GROWTH_UNCOLLECTED = 96 * MEBIBYTE;

describe('back-pressure', { skip: without('openssl') }, () => {
  let folder: string;
  let certificates: Certificates;
  let upstream: ScriptedServer;
  let proxy: RunningProxy;
  before(async () => {
    folder = await temporaryFolder();
    certificates = await makeCertificates(folder);
    upstream = await scriptedServer();
    proxy = await startProxy({
      listen: ['starttls'],
      certificates,
      upstream: { port: upstream.port, encryption: 'none' },
    });
  });
  after(async () => {
    await proxy?.stop();
    await upstream?.stop();
    await removeFolder(folder);
  });

  test('a FETCH to a client that does not read does not grow the proxy', async () => {
    let wrote = 0;
    let allWritten = (): void => {};
    const written = new Promise<void>((resolve) => {
      allWritten = resolve;
    });
    upstream.behave(async (peer) => {
      await logIn(peer);
      await peer.line();
      peer.send(`* 1 FETCH (BODY[] {${SIZE}}\r\n`);
      const block = Buffer.alloc(MEBIBYTE, 'x');
      for (; wrote < SIZE; wrote += block.length) {
        if (!peer.socket.write(block)) await new Promise((resolve) => peer.socket.once('drain', resolve));
      }
      peer.send(')\r\nf OK done\r\n');
      allWritten();
    });
    const client = await loggedIn(proxy);
    const before = await residentMemory(proxy.pid);
    client.write('f FETCH 1 BODY[]\r\n');
    await steady(() => wrote);
    assert.ok(
      wrote < ON_ITS_WAY,
      `${wrote} bytes were taken from the server for a client that reads nothing`,
    );
    await assertGrownLess(proxy.pid, before, GROWTH);

    let read = 0;
    let tail = '';
    const done = new Promise<void>((resolve) => {
      client.on('data', (chunk: Buffer) => {
        read += chunk.length;
        tail = (tail + chunk.subarray(-64).toString('latin1')).slice(-64);
        if (tail.endsWith('f OK done\r\n')) resolve();
      });
      client.resume();
    });
    await Promise.all([written, done]);
    assert.equal(read, `* 1 FETCH (BODY[] {${SIZE}}\r\n`.length + SIZE + ')\r\nf OK done\r\n'.length);
    await assertGrownLess(proxy.pid, before, GROWTH_UNCOLLECTED);
    client.destroy();
  });

  test('an APPEND to a server that does not read does not grow the proxy', async () => {
    let release = (): void => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let counted = 0;
    upstream.behave(async (peer) => {
      await logIn(peer);
      await peer.line();
      peer.socket.pause();
      peer.socket.removeAllListeners('data');
      peer.send('+ go on\r\n');
      await released;
      peer.socket.on('data', (chunk) => {
        counted += chunk.length;
        if (counted === SIZE + 2) peer.send('a OK done\r\n');
      });
      peer.socket.resume();
    });
    const client = await loggedIn(proxy);
    const before = await residentMemory(proxy.pid);
    let wrote = 0;
    client.write(`a APPEND x {${SIZE}}\r\n`);
    await line(client, /^\+ /);
    const block = Buffer.alloc(MEBIBYTE, 'x');
    const sent = (async () => {
      for (; wrote < SIZE; wrote += block.length) {
        if (!client.write(block)) await new Promise((resolve) => client.once('drain', resolve));
      }
      client.write('\r\n');
    })();
    await steady(() => wrote);
    assert.ok(
      wrote < ON_ITS_WAY,
      `${wrote} bytes were taken from the client for a server that reads nothing`,
    );
    await assertGrownLess(proxy.pid, before, GROWTH);

    release();
    await line(client, /^a OK/);
    await sent;
    await assertGrownLess(proxy.pid, before, GROWTH);
    client.destroy();
  });
});

async function logIn(peer: Peer): Promise<void> {
  peer.send('* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n');
  const [tag] = (await peer.line()).split(' ');
  peer.send(`${tag} OK in\r\n`);
}

/** A client, paused, that has logged in. */
async function loggedIn(proxy: RunningProxy): Promise<Socket> {
  const client = connect(proxy.endpoint(0, 'none').port, '127.0.0.1');
  await line(client, /^\* OK/);
  client.write(`l LOGIN alice ${passwords.scripted}\r\n`);
  await line(client, /^l OK/);
  return client;
}

/** Reads until a line is there that matches; nothing else may follow it yet. The client is paused then. */
function line(client: Socket, pattern: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(
      () => reject(new Error(`no line ${pattern}, but ${JSON.stringify(text)}`)),
      60_000,
    );
    const look = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      if (!text.split('\r\n').some((each) => pattern.test(each))) return;
      clearTimeout(timer);
      client.off('data', look);
      client.pause();
      resolve();
    };
    client.on('data', look);
    client.resume();
  });
}

/** Resolves when a counter has not moved for a while: every buffer between is full. */
async function steady(counter: () => number): Promise<void> {
  for (let last = -1, same = 0; same < 5; ) {
    await pause(100);
    same = counter() === last ? same + 1 : 0;
    last = counter();
  }
}
