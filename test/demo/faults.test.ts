/** What no client may do with one command: end the process, and with it everybody else's session. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { devNull } from 'node:os';
import { test } from 'node:test';
import { serveConnection } from '../../src/demo/connection.ts';
import { envelope, headerFields } from '../../src/demo/message.ts';
import { makeStore } from '../../src/demo/seed.ts';
import { RawImap } from '../support/raw-imap.ts';
import { serve } from './served.ts';

test('SEARCH criteria in one another are refused below a depth, however they are nested', async (context) => {
  const imap = await (await serve(context)).selected('INBOX');
  const search = async (criteria: string): Promise<string> =>
    (await imap.command(`SEARCH ${criteria}`)).tagged;
  assert.match(await search(`${'NOT '.repeat(8000)}ALL`), /NO \[CANNOT\]/);
  assert.match(await search(`${'OR '.repeat(4000)}${'ALL '.repeat(4000)}ALL`), /NO \[CANNOT\]/);
  assert.match(await search(`${'(NOT '.repeat(12)}ALL${')'.repeat(12)}`), /NO \[CANNOT\]/);
  assert.match(await search(`${'OR SEEN '.repeat(10)}ALL`), /OK/);
});

test('a header field may go over millions of lines, and name millions of people', () => {
  const folded = Buffer.concat([
    Buffer.from('x: y\r\n'),
    Buffer.alloc(16_000_000, ' \n'),
    Buffer.from('a: b\n'),
  ]);
  const fields = headerFields(folded);
  assert.deepEqual(
    fields.map(({ name, raw }) => [name, raw.length]),
    [
      ['X', 16_000_006],
      ['A', 5],
    ],
  );
  const people = `${'a'.repeat(16_000_000)}@here, ${'"b,"'.repeat(1_000_000)} <c@there>`;
  const { length } = envelope(headerFields(Buffer.from(`To: ${people}\n`)));
  assert.ok(length > 19_000_000, `${length}`);
});

test('a bug ends the connection that found it, and no other', async (context) => {
  const store = makeStore();
  Object.defineProperty(store.folders[0]!, 'messages', {
    get() {
      throw new RangeError('Maximum call stack size exceeded');
    },
  });
  const server = createServer((socket) => serveConnection(socket, store)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const endpoint = { host: 'localhost', port, security: 'none', ca: devNull } as const;
  const account = { user: 'demo', password: 'demo' };
  const [one, other] = [await RawImap.open(endpoint, account), await RawImap.open(endpoint, account)];
  context.after(() => {
    for (const connection of [one, other]) connection.close();
    server.close();
  });
  one.send('a SELECT INBOX\r\nb NOOP\r\n');
  assert.match(await one.rest(), /^\* BYE \[SERVERBUG\] [^\n]*\n$/);
  await other.ok('NOOP');
});
