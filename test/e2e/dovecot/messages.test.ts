/** Messages of every size and content go both ways and arrive as the bytes that were sent (P2, P3, P14). */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { curl } from '../../support/clients/curl.ts';
import { withImapFlow } from '../../support/clients/imapflow.ts';
import { type Dovecot, startDovecot } from '../../support/dovecot.ts';
import { fingerprints, largeMessage, temptingMessages } from '../../support/mail.ts';
import { type RunningProxy, startProxy } from '../../support/proxy.ts';
import { RawImap } from '../../support/raw-imap.ts';
import { without } from '../../support/required.ts';
import { hideIdle } from '../../support/scripts.ts';
import { passwords } from '../../support/secrets.ts';

const messages = [largeMessage(5 * 1024 * 1024), ...temptingMessages];
const expected = fingerprints(messages);

const pairs = [
  { upstream: 'none', front: 'none' },
  { upstream: 'none', front: 'tls' },
  { upstream: 'starttls', front: 'starttls' },
  { upstream: 'tls', front: 'none' },
  { upstream: 'tls', front: 'tls' },
] as const;

describe('messages both ways, a 5 MiB one and one without a body among them', {
  skip: without('dovecot', 'openssl', 'curl'),
}, () => {
  let dovecot: Dovecot;
  before(async () => {
    const users = pairs.flatMap((_, pair) => ['raw', 'curl', 'imapflow'].map((client) => `${client}${pair}`));
    dovecot = await startDovecot({
      users: Object.fromEntries(users.map((user) => [user, passwords.everyone])),
    });
  });
  after(() => dovecot?.stop());

  const stored = async (user: string, folder: string) =>
    fingerprints((await dovecot.messages(user, folder)).map(({ body }) => body));

  for (const [pair, { upstream, front }] of pairs.entries()) {
    describe(`front ${front}, upstream ${upstream}`, () => {
      let proxy: RunningProxy;
      before(async () => {
        proxy = await startProxy({
          listen: ['starttls', 'tls'],
          certificates: dovecot.certificates,
          upstream: { port: dovecot.endpoint(upstream).port, encryption: upstream },
          script: hideIdle,
        });
      });
      after(() => proxy?.stop());
      const endpoint = () => proxy.endpoint(front === 'tls' ? 1 : 0, front);

      test('a raw session: APPEND with both kinds of literal, FETCH', async () => {
        const user = `raw${pair}`;
        const client = await RawImap.open(endpoint(), dovecot.account(user));
        for (const message of messages) await client.append('Sent', message);
        for (const message of messages) {
          const tag = client.nextTag();
          client.send(`${tag} APPEND Drafts (\\Seen) {${message.length}+}\r\n`);
          client.send(message);
          client.send('\r\n');
          assert.match((await client.reply(tag)).tagged, /^\S+ OK /);
        }
        assert.deepEqual(await stored(user, 'Sent'), expected);
        assert.deepEqual(await stored(user, 'Drafts'), expected);
        await client.ok('EXAMINE Sent');
        const { untagged } = await client.ok('FETCH 1:* BODY.PEEK[]');
        const bodies = untagged.map((response) => {
          const start = response.indexOf('}\r\n') + 3;
          const size = Number(/\{(\d+)\}\r\n/.exec(response)?.[1]);
          return Buffer.from(response.slice(start, start + size), 'latin1');
        });
        assert.deepEqual(fingerprints(bodies), expected);
        await client.logout();
      });

      test('curl', async () => {
        const user = `curl${pair}`;
        const client = curl(endpoint(), dovecot.account(user));
        for (const message of messages) await client.upload('Sent', message);
        assert.deepEqual(await stored(user, 'Sent'), expected);
        const fetched: Buffer[] = [];
        for (const uid of messages.keys()) fetched.push(await client.fetch('Sent', uid + 1));
        assert.deepEqual(fingerprints(fetched), expected);
      });

      test('imapflow', async () => {
        const user = `imapflow${pair}`;
        await withImapFlow(endpoint(), dovecot.account(user), async (client) => {
          for (const message of messages) await client.append('Sent', message);
          await client.mailboxOpen('Sent');
          const bodies: Buffer[] = [];
          for await (const { source } of client.fetch('1:*', { source: true })) {
            bodies.push(source ?? Buffer.alloc(0));
          }
          assert.deepEqual(fingerprints(bodies), expected);
        });
        assert.deepEqual(await stored(user, 'Sent'), expected);
      });
    });
  }
});
