/**
 * All plain connections to the server are read into one piece of memory, and what passes is written from there
 * (decision 9). Should a version of Node keep what it was given to write, sessions would see each other's bytes:
 * here several read at once, at different paces, encrypted and in the clear, and every byte is compared.
 */
import assert from 'node:assert/strict';
import { createHash, type Hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { type RunningProxy, startProxy } from '../support/proxy.ts';
import { without } from '../support/required.ts';
import { type Peer, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts';
import { passwords } from '../support/secrets.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';

const BODY = 12 * 1024 * 1024;

/** What the server says to one user's FETCH: a body, many lines, folders, and another body, all of that user alone. */
function* answerFor(user: string): Generator<Buffer> {
  const block = Buffer.alloc(100_003, `${user} was here. `);
  yield Buffer.from(`* 1 FETCH (BODY[] {${BODY}}\r\n`);
  for (let left = BODY; left > 0; left -= block.length) yield block.subarray(0, Math.min(left, block.length));
  yield Buffer.from(')\r\n');
  for (let at = 0; at < 400; at++) {
    const lines = Array.from({ length: 50 }, (_, line) =>
      line % 2 === 0
        ? `* ${at * 50 + line + 1} FETCH (FLAGS (${user} \\Seen))\r\n`
        : `* LIST (\\HasNoChildren) "/" "${user}/${at * 50 + line}"\r\n`,
    );
    yield Buffer.from(lines.join(''));
  }
  yield Buffer.from(`* 2 FETCH (BODY[] {${block.length}}\r\n`);
  yield block;
  yield Buffer.from(')\r\nf OK done\r\n');
}

function expected(user: string): string {
  const hash = createHash('sha256');
  for (const piece of answerFor(user)) hash.update(piece);
  return hash.digest('hex');
}

/** Greets, takes a login, answers one FETCH, and reads no further. */
async function behave(peer: Peer): Promise<void> {
  peer.send('* OK [CAPABILITY IMAP4rev1] ready\r\n');
  const [tag, , user = ''] = (await peer.line()).split(' ');
  peer.send(`${tag} OK in\r\n`);
  await peer.line();
  for (const piece of answerFor(user)) {
    if (!peer.socket.write(piece)) await new Promise((resolve) => peer.socket.once('drain', resolve));
  }
}

/** Logs in, asks, and reads on until the tagged answer; `pace` turns of the event loop between two reads. */
async function fetched(socket: Socket, user: string, pace: number): Promise<string> {
  await until(socket, '* OK', undefined, 0);
  socket.write(`l LOGIN ${user} ${passwords.scripted}\r\n`);
  await until(socket, 'l OK', undefined, 0);
  const hash = createHash('sha256');
  socket.write('f FETCH 1:2 BODY[]\r\n');
  await until(socket, 'f OK', hash, pace);
  socket.destroy();
  return hash.digest('hex');
}

async function until(socket: Socket, beginning: string, hash: Hash | undefined, pace: number): Promise<void> {
  let tail = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    hash?.update(chunk);
    tail = (tail + chunk.subarray(-200).toString('latin1')).slice(-200);
    const line = tail.lastIndexOf('\n', tail.length - 2) + 1;
    if (tail.endsWith('\n') && tail.startsWith(beginning, line)) return;
    for (let turns = 0; turns < pace; turns++) await turn();
  }
  throw new Error(`the connection ended before ${beginning}`);
}

describe('what is read into shared memory', { skip: without('openssl') }, () => {
  let folder: string;
  let certificates: Certificates;
  let upstream: ScriptedServer;
  before(async () => {
    folder = await temporaryFolder();
    certificates = await makeCertificates(folder);
    upstream = await scriptedServer();
    upstream.behave(behave);
  });
  after(async () => {
    await upstream?.stop();
    await removeFolder(folder);
  });

  for (const script of [undefined, 'function DoListResult(name) return true end']) {
    const how = script === undefined ? 'without a script' : 'with a script';
    test(`reaches its own session alone, unchanged, ${how}`, async () => {
      const proxy: RunningProxy = await startProxy({
        listen: ['tls', 'starttls'],
        certificates,
        upstream: { port: upstream.port, encryption: 'none' },
        logLevel: 'info',
        ...(script === undefined ? {} : { script }),
      });
      try {
        const [tls = 0, plain = 0] = proxy.ports;
        const ca = readFileSync(certificates.ca);
        const users = Array.from({ length: 6 }, (_, at) => `user${at}`);
        const seen = await Promise.all(
          users.map((user, at) => {
            const host = '127.0.0.1';
            const socket = at % 3 === 2 ? connect(plain, host) : connectTls({ port: tls, host, ca });
            return fetched(socket, user, at);
          }),
        );
        assert.deepEqual(seen, users.map(expected));
      } finally {
        await proxy.stop();
      }
    });
  }
});
