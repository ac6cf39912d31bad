/**
 * The cook-book of docs/scripting.md: each script of `hooks/examples/`, with nothing changed in it but the addresses, does what it
 * says in front of Dovecot, seen by a real client.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { curl } from '../../support/clients/curl.ts';
import { withImapFlow } from '../../support/clients/imapflow.ts';
import { type Dovecot, startDovecot } from '../../support/dovecot.ts';
import { temptingMessages } from '../../support/mail.ts';
import { type RunningProxy, startProxy } from '../../support/proxy.ts';
import { RawImap } from '../../support/raw-imap.ts';
import { without } from '../../support/required.ts';

/** Where the clients come from that a script means, and where the others do. */
const meant = '127.0.0.2';
const other = '127.0.0.3';

/** An example as its user would take it: `addresses` are replaced by his own. */
async function example(name: string, addresses: Readonly<Record<string, string>> = {}): Promise<string> {
  const file = new URL(`../../../../hooks/examples/${name}.lua`, import.meta.url);
  let text = await readFile(fileURLToPath(file), 'utf8');
  for (const [from, to] of Object.entries(addresses)) {
    assert.ok(text.includes(from), `${name}.lua has no ${from}`);
    text = text.replace(from, to);
  }
  return text;
}

describe('the examples in front of Dovecot', { skip: without('dovecot', 'openssl', 'curl') }, () => {
  let dovecot: Dovecot;
  before(async () => {
    dovecot = await startDovecot({
      settings: [
        'imap_capability = +IMAP4rev2',
        // As a server without SPECIAL-USE.
        ...['Drafts', 'Sent', 'Trash'].map(
          (name) => `namespace inbox {\n  mailbox ${name} {\n    special_use =\n  }\n}`,
        ),
      ],
    });
    await dovecot.deliver('alice', 'INBOX', temptingMessages.slice(0, 1));
    await dovecot.createFolders('alice', [
      ...['Sync Issues', 'Sync Issues/Conflicts', 'RSS Feeds', 'Projects'],
      ...['Gesendete Elemente', 'Corbeille', 'Entw&APw-rfe'],
      ...['Archive/2019', `Archive/${new Date().getFullYear()}`],
    ]);
  });
  after(() => dovecot?.stop());

  const alice = () => dovecot.account('alice');

  /** Runs `work` in front of a proxy with the script. */
  async function through(
    script: string,
    hooks: Readonly<Record<string, boolean | readonly string[]>>,
    work: (proxy: RunningProxy) => Promise<void>,
  ): Promise<void> {
    const proxy = await startProxy({
      listen: ['starttls', 'tls'],
      certificates: dovecot.certificates,
      upstream: { port: dovecot.ports.imaps, encryption: 'tls' },
      script,
      hooks,
    });
    try {
      await work(proxy);
    } finally {
      await proxy.stop();
    }
  }

  test('hide_idle: curl is offered no IDLE from the subnet, and IDLE from elsewhere', async () => {
    await through(await example('hide_idle', { '^10%.20%.': '^127%.0%.0%.2$' }), {}, async (proxy) => {
      const capabilities = async (from: string) =>
        (await curl(proxy.endpoint(1, 'tls'), alice(), from).trace()).replaceAll('\r', '');
      assert.match(await capabilities(other), /< \* CAPABILITY .*\bIDLE\b/);
      const subnet = await capabilities(meant);
      assert.match(subnet, /< \* CAPABILITY .*\bNAMESPACE\b|< \* CAPABILITY .*\bID\b/);
      assert.doesNotMatch(subnet, /\bIDLE\b/);
    });
  });

  test('hide_exchange_folders: imapflow sees the folders that people made', async () => {
    await through(await example('hide_exchange_folders'), {}, async (proxy) => {
      await withImapFlow(proxy.endpoint(1, 'tls'), alice(), async (client) => {
        const paths = (await client.list()).map(({ path }) => path);
        assert.ok(paths.includes('Projects') && paths.includes('INBOX'));
        assert.deepEqual(
          paths.filter((path) => /Sync|RSS/.test(path)),
          [],
        );
      });
    });
  });

  test('special_use: imapflow knows where sent mail, drafts and rubbish go, from the server and not by a guess', async () => {
    await through(await example('special_use'), {}, async (proxy) => {
      await withImapFlow(proxy.endpoint(1, 'tls'), alice(), async (client) => {
        const flags = new Map((await client.list()).map(({ path, flags }) => [path, flags]));
        for (const [path, use] of [
          ['Gesendete Elemente', '\\Sent'],
          ['Corbeille', '\\Trash'],
          ['Entwürfe', '\\Drafts'],
          ['Sent', '\\Sent'],
        ] as const) {
          assert.ok(flags.get(path)?.has(use), `${path}: ${[...(flags.get(path) ?? [])]}`);
        }
        assert.deepEqual(
          [...(flags.get('Projects') ?? [])].filter((flag) => /Sent|Trash|Drafts/.test(flag)),
          [],
        );
      });
    });
  });

  test('no_imap4rev2: an old client is not offered it, and cannot switch it on', async () => {
    const script = await example('no_imap4rev2', { '^192%.0%.2%.': '^127%.0%.0%.2$' });
    await through(script, { enforce: true }, async (proxy) => {
      const endpoint = proxy.endpoint(1, 'tls');
      const offered = async (from: string) => (await curl(endpoint, alice(), from).trace()).toUpperCase();
      assert.match(await offered(other), /\bIMAP4REV2\b/);
      assert.doesNotMatch(await offered(meant), /\bIMAP4REV2\b|\bENABLE\b/);
      const old = await RawImap.open(endpoint, alice(), { from: meant });
      const { untagged, tagged } = await old.command('ENABLE IMAP4rev2');
      assert.match(tagged, / BAD /);
      assert.doesNotMatch(untagged.join(''), /ENABLED/);
      await old.logout();
    });
  });

  test('no_list_extended: the broken client asks a plain LIST and gets INBOX by its name', async () => {
    const script = await example('no_list_extended', { '192.0.2.44': '127.0.0.1' });
    await through(script, {}, async (proxy) => {
      await withImapFlow(proxy.endpoint(1, 'tls'), alice(), async (client, { sent, received }) => {
        const folders = await client.list({ statusQuery: { messages: true } });
        assert.ok(folders.some(({ path, status }) => path === 'INBOX' && status?.messages === 1));
        assert.doesNotMatch(received.join('\n'), /\bLIST-(EXTENDED|STATUS)\b/);
        assert.doesNotMatch(sent.join('\n'), /\bRETURN\b/);
      });
    });
  });

  test('phones: curl from a phone lists INBOX and the archive of this year', async () => {
    const script = await example('phones', { '^10%.30%.': '^127%.0%.0%.2$' });
    await through(script, {}, async (proxy) => {
      const names = async (from: string) =>
        (await curl(proxy.endpoint(1, 'tls'), alice(), from).folders()).map((line) =>
          line.replace(/^\* LIST \([^)]*\) "\/" /, '').replaceAll('"', ''),
        );
      assert.deepEqual((await names(meant)).sort(), [`Archive/${new Date().getFullYear()}`, 'INBOX']);
      assert.ok((await names(other)).includes('Projects'));
    });
  });

  test('tls_required: monitoring logs in without TLS, people do not', async () => {
    const script = await example('tls_required', { '192.0.2.80': meant });
    await through(script, {}, async (proxy) => {
      const plain = proxy.endpoint(0, 'none');
      assert.ok((await curl(plain, alice(), meant).folders()).length > 0);
      assert.ok((await curl(plain, alice(), '127.0.0.1').folders()).length > 0);
      await assert.rejects(curl(plain, alice(), other).folders());
      assert.ok((await curl(proxy.endpoint(0, 'starttls'), alice(), other).folders()).length > 0);
      assert.ok((await curl(proxy.endpoint(1, 'tls'), alice(), other).folders()).length > 0);
    });
  });

  test('read_only: imapflow reads from the network and changes nothing, though it tries', async () => {
    const script = await example('read_only', { '^10%.40%.': '^127%.0%.0%.1$' });
    const listed = /commands: \[([^\]]*)\]/.exec(script)?.[1]?.replaceAll('--', '') ?? '';
    const commands = listed.split(',').map((word) => word.trim());
    const before = await dovecot.messages('alice', 'INBOX');
    await through(script, { commands }, async (proxy) => {
      await withImapFlow(proxy.endpoint(1, 'tls'), alice(), async (client) => {
        const lock = await client.getMailboxLock('INBOX');
        try {
          const message = await client.fetchOne('1', { source: true });
          assert.ok(message);
          assert.deepEqual(message.source, before[0]?.body);
          assert.equal(await client.messageFlagsAdd('1', ['\\Flagged']), false);
          assert.equal(await client.messageDelete('1'), false);
          assert.equal(await client.messageMove('1', 'Projects'), false);
        } finally {
          lock.release();
        }
        await assert.rejects(client.append('INBOX', 'Subject: x\r\n\r\nx'));
        await assert.rejects(client.mailboxDelete('Projects'));
        await assert.rejects(client.mailboxCreate('Mine'));
      });
      const reader = await RawImap.open(proxy.endpoint(1, 'tls'), alice());
      for (const command of ['SELECT INBOX', 'uid store 1 +FLAGS (\\Deleted)', 'Uid Expunge 1:*', 'CLOSE']) {
        const { tagged } = await reader.command(command);
        const says = command.startsWith('SELECT')
          ? / OK /
          : / NO \[NOPERM\] This mailbox is read-only from here/;
        assert.match(tagged, says, command);
      }
      await reader.logout();
      const writer = await RawImap.open(proxy.endpoint(1, 'tls'), alice(), { from: other });
      await writer.ok('CREATE Written');
      await writer.ok('DELETE Written');
      await writer.logout();
    });
    assert.deepEqual(await dovecot.messages('alice', 'INBOX'), before);
    assert.deepEqual(await dovecot.messages('alice', 'Projects'), []);
  });
});
