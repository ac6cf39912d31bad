/**
 * Without a script, everything that Dovecot says in a session reaches the client as
 * the same bytes, but for the capability words that belong to the proxy. The same commands are sent to the
 * same mail twice, directly and through the proxy, and the two recordings compared.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Dovecot, startDovecot } from '../../support/dovecot.ts';
import type { Account, Endpoint } from '../../support/endpoint.ts';
import { temptingMessages } from '../../support/mail.ts';
import { type RunningProxy, startProxy, uncounted } from '../../support/proxy.ts';
import { quoted, RawImap } from '../../support/raw-imap.ts';
import { without } from '../../support/required.ts';

/** Encryption is decided by the proxy, referrals would lead round it, compression would blind it (P18, P20). */
const owned = /^(STARTTLS|LOGINDISABLED|LOGIN-REFERRALS|COMPRESS=DEFLATE)$/;

const commands: readonly string[] = [
  'CAPABILITY',
  'NAMESPACE',
  'ENABLE CONDSTORE',
  'LIST "" ""',
  'LIST "" *',
  'LIST "" * RETURN (STATUS (MESSAGES UIDNEXT) SPECIAL-USE)',
  'LSUB "" *',
  'SELECT INBOX',
  'UID FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)',
  'FETCH 1:* (BODY.PEEK[HEADER] BODY.PEEK[TEXT] BODY.PEEK[]<3.9>)',
  'FETCH 1 (BINARY.PEEK[1])',
  'STORE 2 +FLAGS (\\Flagged $Important)',
  'SEARCH CHARSET UTF-8 SUBJECT {5+}\r\nempty',
  'UID SEARCH RETURN (MIN MAX COUNT) ALL',
  'SORT (SUBJECT) UTF-8 ALL',
  'COPY 1:2 Sent',
  'STATUS "q""uoted" (MESSAGES)',
  'CREATE "new one"',
  'RENAME "new one" "newer \\"one\\""',
  'DELETE "newer \\"one\\""',
  'SELECT "no such folder"',
  'FETCH 1 (NONSENSE',
  'NONSENSE abc def',
  'CLOSE',
  'STATUS INBOX (MESSAGES UNSEEN HIGHESTMODSEQ)',
  'UNSELECT',
];

describe('no script', { skip: without('dovecot', 'openssl') }, () => {
  let dovecot: Dovecot;
  before(async () => {
    dovecot = await startDovecot();
    await dovecot.createFolders('alice', ['with space', 'q"1"2"3"4"5', 'M&APw-nchen', 'parent/child']);
    await dovecot.deliver('alice', 'INBOX', temptingMessages);
    await dovecot.deliver('alice', 'q"1"2"3"4"5', temptingMessages.slice(0, 2));
  });
  after(() => dovecot?.stop());

  for (const upstream of ['none', 'tls'] as const) {
    describe(`upstream.encryption: ${upstream}`, () => {
      let proxy: RunningProxy;
      before(async () => {
        proxy = await startProxy({
          listen: ['starttls', 'tls'],
          certificates: dovecot.certificates,
          upstream: { port: dovecot.endpoint(upstream).port, encryption: upstream },
          limits: uncounted,
        });
      });
      after(() => proxy?.stop());

      for (const front of ['none', 'tls'] as const) {
        test(`a whole session, front ${front}`, async () => {
          const account = dovecot.account('alice');
          const mail = await dovecot.snapshot('alice');
          await mail.restore();
          const direct = await record(dovecot.endpoint(front), account);
          await mail.restore();
          const relayed = await record(proxy.endpoint(front === 'tls' ? 1 : 0, front), account);
          await mail.restore();
          assert.deepEqual(comparable(relayed), comparable(direct));
          assert.match(direct, /\* CAPABILITY .* IDLE /);
          assert.match(direct, /NO \[AUTHENTICATIONFAILED\]/);
          assert.match(direct, /\* BYE Logging out\r\n/);
        });
      }
    });
  }
});

/** Runs the whole script of commands and returns everything that the server said, up to its end. */
async function record(endpoint: Endpoint, account: Account): Promise<string> {
  const client = await RawImap.connect(endpoint);
  await client.response();
  await client.command('ID NIL');
  await client.command(`LOGIN ${account.user} wrong`);
  // Cancelled in the middle (RFC 9051 §6.2.2), and a name and password as two synchronising literals.
  const cancelled = client.nextTag();
  client.send(`${cancelled} AUTHENTICATE PLAIN\r\n`);
  await client.response();
  client.send('*\r\n');
  await client.reply(cancelled);
  await withLiterals(client, 'LOGIN', [account.user, account.password]);
  for (const command of commands) await client.command(command);
  await client.append('Drafts', Buffer.from('Subject: kept\r\n\r\n* LIST () "/" x\r\n'));
  await withLiterals(client, 'APPEND Drafts (\\Seen) "01-Jan-2024 00:00:00 +0000"', ['Subject: old\r\n\r\n']);
  await withLiterals(client, `APPEND ${quoted('no such folder')}`, ['Subject: refused\r\n\r\n']);
  await withLiterals(client, 'APPEND Drafts', ['']);
  await client.command('SELECT Drafts');
  const idle = client.nextTag();
  client.send(`${idle} IDLE\r\n`);
  await client.response();
  client.send('DONE\r\n');
  await client.reply(idle);
  // Pipelined, with a literal in the middle, in one segment.
  client.send('p1 NAMESPACE\r\np2 STATUS {5+}\r\nINBOX (MESSAGES)\r\np3 UID FETCH 1:* FLAGS\r\n');
  await client.replies(['p1', 'p2', 'p3']);
  // A line that ends in a bare LF is a line to Dovecot (P7).
  client.send('p4 NOOP\n');
  await client.reply('p4');
  await client.command('LOGOUT');
  await client.rest();
  return client.transcript;
}

/** Sends literals one after the other, each when the server asks for it, until it says something else. */
async function withLiterals(client: RawImap, head: string, literals: readonly string[]): Promise<void> {
  const tag = client.nextTag();
  let line = `${tag} ${head}`;
  for (const literal of literals) {
    client.send(`${line} {${literal.length}}\r\n`);
    const answer = await client.response();
    if (answer.startsWith(`${tag} `)) return;
    assert.match(answer, /^\+/);
    line = literal;
  }
  client.send(`${line}\r\n`);
  await client.reply(tag);
}

/** The recording as lines, without the times that Dovecot measures and the words that are the proxy's own. */
function comparable(recording: string): string[] {
  return recording
    .replace(/ \(\d+\.\d+( \+ \d+\.\d+)* secs\)/g, '')
    .replace(/(\[|^\* )CAPABILITY ([^\]\r\n]*)/gm, (_, start: string, words: string) => {
      const kept = words.split(' ').filter((word) => !owned.test(word));
      return `${start}CAPABILITY ${kept.join(' ')}`;
    })
    .split(/(?<=\r\n)/);
}
