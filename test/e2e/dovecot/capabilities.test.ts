/**
 * IDLE is gone from every place where a capability list reaches a client (P8), the
 * rest of the list is not, and a client that would have used IDLE polls instead.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { ImapFlow } from 'imapflow';
import { type Conversation, withImapFlow } from '../../support/clients/imapflow.ts';
import { neomutt } from '../../support/clients/neomutt.ts';
import { type Dovecot, startDovecot } from '../../support/dovecot.ts';
import { temptingMessages } from '../../support/mail.ts';
import { type RunningProxy, startProxy } from '../../support/proxy.ts';
import { RawImap, type Reply } from '../../support/raw-imap.ts';
import { without } from '../../support/required.ts';
import { hideIdle } from '../../support/scripts.ts';
import { removeFolder, temporaryFolder } from '../../support/temporary-folder.ts';

describe('IDLE hidden by a script', { skip: without('dovecot', 'openssl') }, () => {
  let dovecot: Dovecot;
  before(async () => {
    dovecot = await startDovecot();
    await dovecot.deliver('alice', 'INBOX', temptingMessages.slice(0, 1));
  });
  after(() => dovecot?.stop());

  for (const upstream of ['none', 'starttls', 'tls'] as const) {
    describe(`upstream.encryption: ${upstream}`, () => {
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

      test('greeting, CAPABILITY before and after STARTTLS, and after login', async () => {
        const client = await RawImap.connect(proxy.endpoint(0, 'starttls'));
        const greeting = wordsOf(await client.response());
        assert.ok(greeting.includes('STARTTLS'));
        assert.ok(wordsOf(await client.ok('CAPABILITY')).includes('STARTTLS'));
        await client.startTls();
        const secure = wordsOf(await client.ok('CAPABILITY'));
        assert.ok(!secure.includes('STARTTLS') && !secure.includes('LOGINDISABLED'));
        assert.ok(secure.includes('AUTH=PLAIN'));
        assert.ok(wordsOf(await client.login(dovecot.account('alice'))).includes('LIST-STATUS'));
        assert.ok(wordsOf(await client.ok('CAPABILITY')).includes('LIST-STATUS'));
        assert.doesNotMatch(client.transcript, /\bIDLE\b/);
        await client.logout();
      });

      for (const security of ['none', 'tls'] as const) {
        test(`the tagged OK of LOGIN, front ${security}`, async () => {
          const client = await RawImap.connect(proxy.endpoint(security === 'tls' ? 1 : 0, security));
          const greeting = wordsOf(await client.response());
          assert.equal(greeting.includes('STARTTLS'), security === 'none');
          assert.ok(greeting.includes('LITERAL+') && greeting.includes('AUTH=PLAIN'));
          const { untagged, tagged } = await client.login(dovecot.account('alice'));
          // Dovecot answers a session that never asked for CAPABILITY with a code, others with an untagged line;
          // behind STARTTLS it was the proxy that asked.
          if (upstream !== 'starttls') assert.match(tagged, /^\S+ OK \[CAPABILITY /);
          assert.ok(wordsOf({ untagged, tagged }).includes('LIST-STATUS'));
          assert.doesNotMatch(client.transcript, /\bIDLE\b/);
          await client.logout();
        });
      }

      test('the tagged OK of AUTHENTICATE', async () => {
        const client = await RawImap.connect(proxy.endpoint(1, 'tls'));
        await client.response();
        const { user, password } = dovecot.account('alice');
        const credentials = Buffer.from(`\0${user}\0${password}`).toString('base64');
        assert.ok(wordsOf(await client.ok(`AUTHENTICATE PLAIN ${credentials}`)).includes('LIST-STATUS'));
        assert.doesNotMatch(client.transcript, /\bIDLE\b/);
        await client.logout();
      });

      test('imapflow polls with NOOP and still learns of new mail', async () => {
        const endpoint = proxy.endpoint(1, 'tls');
        const options = { maxIdleTime: 100 };
        const work = async (client: ImapFlow, { sent }: Conversation) => {
          await client.mailboxOpen('INBOX');
          await learnOfNewMail(dovecot, client);
          assert.ok(sent.some((line) => / NOOP$/.test(line)));
          assert.ok(!sent.some((line) => / IDLE$/.test(line)));
        };
        await withImapFlow(endpoint, dovecot.account('alice'), work, options);
      });
    });
  }
});

describe('IDLE without a script', { skip: without('dovecot', 'openssl', 'neomutt', 'script') }, () => {
  let dovecot: Dovecot;
  let proxy: RunningProxy;
  let folder: string;
  before(async () => {
    folder = await temporaryFolder();
    dovecot = await startDovecot();
    await dovecot.deliver('alice', 'INBOX', temptingMessages);
    proxy = await startProxy({
      listen: ['starttls', 'tls'],
      certificates: dovecot.certificates,
      upstream: { port: dovecot.ports.imap, encryption: 'none' },
    });
  });
  after(async () => {
    await proxy?.stop();
    await dovecot?.stop();
    if (folder !== undefined) await removeFolder(folder);
  });

  test('imapflow waits in IDLE and learns of new mail', async () => {
    await withImapFlow(proxy.endpoint(1, 'tls'), dovecot.account('alice'), async (client, { sent }) => {
      await client.mailboxOpen('INBOX');
      await learnOfNewMail(dovecot, client);
      assert.ok(sent.some((line) => / IDLE$/.test(line)));
    });
  });

  // NeoMutt sends IDLE behind other commands without waiting, and the next command together with its DONE (P3, P13).
  test('NeoMutt interleaves IDLE with its work', async () => {
    const client = neomutt(proxy.endpoint(0, 'starttls'), dovecot.account('alice'), join(folder, 'home'));
    const { trace } = await client.download('INBOX', join(folder, 'local'));
    assert.match(trace, /^> \S+ IDLE$/m);
    assert.match(trace, /^> DONE\n> \S+ /m);
    assert.match(trace, /^< \S+ OK Idle completed/m);
    assert.match(trace, /^< \* BYE Logging out$/m);
  });
});

/** Has the client wait for news of its open INBOX, delivers to alice, and returns when the client knows. */
async function learnOfNewMail(dovecot: Dovecot, client: ImapFlow): Promise<void> {
  const idling = client.idle();
  const news = once(client, 'exists', { signal: AbortSignal.timeout(10_000) });
  await dovecot.deliver('alice', 'INBOX', temptingMessages.slice(0, 1));
  await news;
  await client.noop();
  await idling;
}

/** The words of the one capability list in a response or a reply. */
function wordsOf(source: string | Reply): string[] {
  const text = typeof source === 'string' ? source : source.untagged.join('') + source.tagged;
  const found = /(?:\[|^\* )CAPABILITY ([^\]\r\n]*)/m.exec(text)?.[1];
  return found?.trim().split(' ') ?? assert.fail(`No capability list in: ${text}`);
}
