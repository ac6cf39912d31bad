/**
 * Authentication in front of scripted servers: what must not pass (P19, P20), lines that only a server of our own
 * takes (P11), and exchanges that are never finished (A15).
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { makeCertificates } from '../support/certificates.ts';
import { type RunningProxy, startProxy, uncounted } from '../support/proxy.ts';
import { RawImap } from '../support/raw-imap.ts';
import { without } from '../support/required.ts';
import { assertGrownLess, MEBIBYTE, residentMemory } from '../support/resident-memory.ts';
import { type Peer, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';

const everything =
  'IMAP4rev1 SASL-IR COMPRESS=DEFLATE AUTH=PLAIN AUTH=GSSAPI AUTH=DIGEST-MD5 AUTH=EXTERNAL AUTH=SCRAM-SHA-256';

describe('authentication with scripted servers', { skip: without('openssl') }, () => {
  let folder: string;
  let upstream: ScriptedServer;
  let proxy: RunningProxy;
  before(async () => {
    folder = await temporaryFolder();
    upstream = await scriptedServer();
    proxy = await startProxy({
      listen: ['starttls'],
      certificates: await makeCertificates(folder),
      upstream: { port: upstream.port, encryption: 'none' },
      limits: uncounted,
    });
  });
  after(async () => {
    // Each to its end even where another one fails, which then fails this hook.
    const stopped = await Promise.allSettled([proxy?.stop(), upstream?.stop()]);
    if (folder !== undefined) await removeFolder(folder);
    for (const result of stopped) if (result.status === 'rejected') throw result.reason;
  });

  const greeted = async () => {
    const imap = await RawImap.connect(proxy.endpoint(0, 'none'));
    return { imap, greeting: await imap.response() };
  };
  /** Sends each command: a refusal without a `+`, and nothing of it reaches the server. */
  const assertRefused = async (imap: RawImap, commands: readonly string[]) => {
    for (const command of commands) {
      const before = upstream.heard.length;
      const { untagged, tagged } = await imap.command(command);
      assert.match(tagged, /^\S+ (NO|BAD) /);
      assert.deepEqual(untagged, []);
      assert.equal(upstream.heard.length, before, `${command} reached the server`);
    }
  };

  test('GSSAPI, DIGEST-MD5, EXTERNAL and COMPRESS are not shown and refused, with the reason in the log once (P20)', async () => {
    upstream.behave((peer) => serve(peer, everything));
    for (let time = 0; time < 2; time++) {
      const { imap, greeting } = await greeted();
      assert.match(greeting, /AUTH=PLAIN AUTH=SCRAM-SHA-256\b/);
      assert.doesNotMatch(greeting, /GSSAPI|DIGEST|EXTERNAL|COMPRESS/);
      await assertRefused(imap, [
        'AUTHENTICATE GSSAPI',
        'authenticate digest-md5',
        'AUTHENTICATE EXTERNAL =',
        'AUTHENTICATE "EXTERNAL" =',
        'COMPRESS DEFLATE',
      ]);
      imap.close();
    }
    for (const word of ['AUTH=GSSAPI', 'AUTH=DIGEST-MD5', 'AUTH=EXTERNAL', 'COMPRESS=DEFLATE']) {
      const said = proxy.log.filter(({ msg }) => String(msg).startsWith(`${word} `));
      assert.equal(said.length, 1, `${word} in the log`);
    }
  });

  test('where channel binding is offered, no SCRAM is shown, and all are refused (P19)', async () => {
    upstream.behave((peer) => serve(peer, `${everything} AUTH=SCRAM-SHA-1-PLUS AUTH=SCRAM-SHA-1`));
    const { imap, greeting } = await greeted();
    assert.match(greeting, /AUTH=PLAIN/);
    assert.doesNotMatch(greeting, /SCRAM/);
    await assertRefused(imap, [
      'AUTHENTICATE SCRAM-SHA-1-PLUS',
      'AUTHENTICATE SCRAM-SHA-1',
      'authenticate scram-sha-256 biwsbj11c2VyLHI9bm9uY2U=',
    ]);
    imap.close();
    await proxy.logged(/AUTH=SCRAM-SHA-1-PLUS .*channel binding/);
  });

  test('a SASL line of 20 KiB passes whole, one of another protocol is only a line (P11)', async () => {
    upstream.behave(async (peer) => {
      peer.send(`* OK [CAPABILITY ${everything}] ready\r\n`);
      await peer.line();
      for (let asked = 0; asked < 3; asked++) {
        peer.send('+ \r\n');
        await peer.line();
      }
      peer.send('x NO not now\r\n');
    });
    const lines = ['QUFB'.repeat(5 * 1024), 'a LOGOUT', 'y APPEND INBOX {5+}'];
    const before = upstream.heard.length;
    const { imap } = await greeted();
    imap.send('x AUTHENTICATE PLAIN\r\n');
    for (const line of lines) {
      assert.equal(await imap.response(), '+ \r\n');
      imap.send(`${line}\r\n`);
    }
    assert.equal(await imap.response(), 'x NO not now\r\n');
    assert.deepEqual(upstream.heard.slice(before), ['x AUTHENTICATE PLAIN', ...lines]);
    imap.close();
  });

  test('10,000 exchanges that are cancelled leave nothing behind (A15)', async () => {
    upstream.behave(serveCancelled);
    const { imap } = await greeted();
    const cancel = async (count: number) => {
      for (let done = 0; done < count; done += 100) {
        const tags = Array.from({ length: 100 }, () => imap.nextTag());
        imap.send(tags.map((tag) => `${tag} AUTHENTICATE PLAIN\r\n*\r\n`).join(''));
        const { tagged } = await imap.replies(tags);
        assert.ok(tagged.every((line) => line.includes(' BAD ')));
      }
    };
    await cancel(3000);
    const warm = await residentMemory(proxy.pid);
    await cancel(10_000);
    // 10,000 of anything that is kept would be more; what is not yet collected is not.
    await assertGrownLess(proxy.pid, warm, 24 * MEBIBYTE);
    assert.match((await imap.ok('NOOP')).tagged, / OK /);
    imap.close();
  });
});

async function serve(peer: Peer, words: string): Promise<void> {
  peer.send(`* OK [CAPABILITY ${words}] ready\r\n`);
  for (;;) peer.send(`${(await peer.line()).split(' ')[0]} OK done\r\n`);
}

/** Asks for a message on every AUTHENTICATE, and takes none. */
async function serveCancelled(peer: Peer): Promise<void> {
  peer.send(`* OK [CAPABILITY ${everything}] ready\r\n`);
  for (;;) {
    const [tag = '', verb] = (await peer.line()).split(' ');
    if (verb !== 'AUTHENTICATE') {
      peer.send(`${tag} OK done\r\n`);
      continue;
    }
    peer.send('+ \r\n');
    await peer.line();
    peer.send(`${tag} BAD cancelled\r\n`);
  }
}
