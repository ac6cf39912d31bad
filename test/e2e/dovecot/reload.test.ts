/** Twenty reloads in front of Dovecot, while sessions idle and messages are half way up and half way down. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Dovecot, startDovecot } from '../../support/dovecot.ts';
import { fingerprints, largeMessage } from '../../support/mail.ts';
import { type RunningProxy, startProxy } from '../../support/proxy.ts';
import { RawImap } from '../../support/raw-imap.ts';
import { without } from '../../support/required.ts';
import { hideFolders } from '../../support/scripts.ts';

const RELOADS = 20;
/** More than all sockets on the way hold, so that most of it is still to come while the client does not read. */
const message = largeMessage(24 * 1024 * 1024);
const half = message.length / 2;

for (const workers of [1, 2]) {
  describe(`reloads in front of Dovecot, workers: ${workers}`, {
    skip: without('dovecot', 'openssl'),
    timeout: 240_000,
  }, () => {
    let dovecot: Dovecot;
    let proxy: RunningProxy;
    before(async () => {
      dovecot = await startDovecot();
      await dovecot.createFolders('alice', ['Secret']);
      await dovecot.deliver('alice', 'INBOX', [message]);
      proxy = await startProxy({
        listen: ['tls'],
        certificates: dovecot.certificates,
        upstream: { port: dovecot.endpoint('starttls').port, encryption: 'starttls' },
        script: hideFolders(['Secret']),
        workers,
      });
    });
    after(async () => {
      await proxy?.stop();
      await dovecot?.stop();
    });

    test('IDLE, a FETCH and an APPEND live through all of them, byte for byte', async () => {
      const open = () => RawImap.open(proxy.endpoint(0, 'tls'), dovecot.account('alice'), { within: 60_000 });
      const [idle, fetch, append] = [await open(), await open(), await open()];
      await idle.ok('SELECT Sent');
      idle.send('i IDLE\r\n');
      assert.match(await idle.response(), /^\+/);

      await fetch.ok('EXAMINE INBOX');
      fetch.pause();
      fetch.send('f FETCH 1 BODY.PEEK[]\r\n');

      append.send(`a APPEND Sent {${message.length}}\r\n`);
      assert.match(await append.response(), /^\+/);
      append.send(message.subarray(0, half));

      for (let count = 0; count < RELOADS; count++) {
        await proxy.configure({ script: hideFolders([count % 2 === 0 ? 'Drafts' : 'Secret']) });
        const entries = await proxy.reload();
        assert.match(String(entries.at(-1)?.msg), /^reloaded/, JSON.stringify(entries));
      }

      append.send(message.subarray(half));
      append.send('\r\n');
      assert.match((await append.reply('a')).tagged, /^a OK/);
      // Who idles hears of it, and has not been logged out.
      let heard = await idle.response();
      while (heard.startsWith('* OK Still here')) heard = await idle.response();
      assert.match(heard, /^\* 1 EXISTS/);
      fetch.resume();
      const { untagged, tagged } = await fetch.reply('f');
      assert.match(tagged, /^f OK/);
      const [fetched] = untagged.map((response) => {
        const start = response.indexOf('}\r\n') + 3;
        return Buffer.from(response.slice(start, start + message.length), 'latin1');
      });
      assert.deepEqual(fingerprints([fetched!]), fingerprints([message]));
      const stored = await dovecot.messages('alice', 'Sent');
      assert.deepEqual(fingerprints(stored.map(({ body }) => body)), fingerprints([message]));

      const { untagged: folders } = await fetch.ok('LIST "" "*"');
      assert.ok(!folders.some((line) => line.includes('Secret')), folders.join(''));
      assert.ok(folders.some((line) => line.includes('Drafts')));
      idle.send('DONE\r\n');
      assert.match((await idle.reply('i')).tagged, /^i OK/);
      for (const session of [idle, fetch, append]) await session.logout();
    });
  });
}
