/** The last bytes of a session that is over, on their way to a client that reads slowly. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { Connection } from '../../src/net/connection.ts';
import type { ConnectionEvents } from '../../src/net/connection-events.ts';
import type { Shared } from '../../src/net/shared.ts';
import { UpstreamPool } from '../../src/net/upstream-pool.ts';
import { noHooks } from '../../src/rewrite/question.ts';
import { refusedByDefault } from '../../src/rewrite/refused.ts';
import { listen, portOf } from '../support/ports.ts';
import { sessionSettings } from '../support/session-settings.ts';

const drainTimeout = 30_000;

/** A client's socket that takes what it is given when it is told to. */
class SlowClient extends Duplex {
  text = '';
  #taken: (() => void) | undefined;
  isSlow = false;

  override _read(): void {}

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.text += chunk.toString('latin1');
    this.emit('given');
    if (this.isSlow) this.#taken = done;
    else done();
  }

  readOn(): void {
    this.isSlow = false;
    this.#taken?.();
  }

  says(line: string): void {
    this.push(`${line}\r\n`);
  }

  async hears(text: string): Promise<void> {
    while (!this.text.includes(text)) await once(this, 'given');
  }
}

/** A session in the middle of whose last answer it was asked to end; the client has not taken that answer. */
async function closing(): Promise<{ client: SlowClient; connection: Connection; stop: () => Promise<void> }> {
  const server = createServer((socket) => {
    socket.write('* OK [CAPABILITY IMAP4rev1] ready\r\n');
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      const tag = bytes.toString('latin1').split(' ')[0];
      socket.write(`* 1 FETCH (BODY[] {5}\r\nhello)\r\n${tag} OK done\r\n`);
    });
  });
  const port = await portOfListening(server);
  const upstream = { balance: 'least-sessions', encryption: 'none', connectTimeout: 10_000, check: {} };
  const servers = [{ host: '127.0.0.1', port, servername: 'localhost', weight: 1 }];
  const limits = { handshakeTimeout: 15_000, loginTimeout: 60_000, idleTimeout: 1_800_000, drainTimeout };
  const events = new Proxy({}, { get: () => () => undefined }) as ConnectionEvents;
  const shared = {
    config: { limits, upstream },
    refused: refusedByDefault,
    upstreams: new UpstreamPool(
      upstream as never,
      servers as never,
      () => ({}),
      () => {},
    ),
    hooks: { defines: noHooks, openSession: () => ({}) },
    deadlines: { add() {}, delete() {}, now: 0 },
    events,
  } as unknown as Shared;
  const client = new SlowClient();
  const connection = new Connection(client as unknown as Socket, sessionSettings, shared, () => {});
  await client.hears('ready\r\n');
  client.says('a LOGIN joe secret');
  await client.hears('a OK done\r\n');
  client.isSlow = true;
  client.says('b FETCH 1 BODY[]');
  await client.hears('b OK done\r\n');
  connection.drain();
  const stop = async (): Promise<void> => {
    client.destroy();
    server.close();
    await once(server, 'close');
  };
  return { client, connection, stop };
}

async function portOfListening(server: ReturnType<typeof createServer>): Promise<number> {
  await listen(server);
  return portOf(server);
}

const soon = (): number => performance.now() + 5000;

test('what waits for a client when its session is over has as long as a drain may take', async (t) => {
  const { client, connection, stop } = await closing();
  t.after(stop);
  connection.checkDeadlines(soon());
  assert.equal(client.destroyed, false);
  client.readOn();
  await once(client, 'finish');
  assert.match(client.text, /b OK done\r\n\* BYE The proxy is shutting down\r\n$/);
  connection.checkDeadlines(soon());
  assert.equal(client.destroyed, true);
});

test('but no longer, and not when everything is to end at once', async (t) => {
  const slow = await closing();
  t.after(slow.stop);
  slow.connection.checkDeadlines(soon() + drainTimeout);
  assert.equal(slow.client.destroyed, true);
  const hurried = await closing();
  t.after(hurried.stop);
  hurried.connection.end({ code: 'draining', message: 'the proxy was stopped' });
  hurried.connection.checkDeadlines(performance.now());
  assert.equal(hurried.client.destroyed, true);
});
