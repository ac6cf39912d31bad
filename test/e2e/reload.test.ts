/** SIGHUP as an operator sends it: what takes effect for whom, what is refused and why, and that no session notices. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { Held } from '../support/held.ts';
import { type ProxyOptions, type RunningProxy, startProxy } from '../support/proxy.ts';
import { RawImap } from '../support/raw-imap.ts';
import { without } from '../support/required.ts';
import { type Peer, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts';
import { hideFolders } from '../support/scripts.ts';
import { passwords } from '../support/secrets.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';

const account = { user: 'alice', password: passwords.scripted };

for (const workers of [1, 2]) {
  describe(`SIGHUP, workers: ${workers}`, { skip: without('openssl'), timeout: 240_000 }, () => {
    let folder: string;
    let certificates: Certificates;
    let upstream: ScriptedServer;
    const running: RunningProxy[] = [];
    before(async () => {
      folder = await temporaryFolder();
      certificates = await makeCertificates(folder);
      upstream = await scriptedServer();
      upstream.behave((peer) => serve(peer, 'first'));
    });
    after(async () => {
      const stopped = await Promise.allSettled(running.map((proxy) => proxy.stop()));
      await upstream?.stop();
      await removeFolder(folder);
      for (const result of stopped) if (result.status === 'rejected') throw result.reason;
    });

    const start = async (options: Partial<ProxyOptions> = {}): Promise<RunningProxy> => {
      const proxy = await startProxy({
        listen: ['starttls'],
        certificates,
        upstream: { port: upstream.port, encryption: 'none' },
        workers,
        ...options,
      });
      running.push(proxy);
      return proxy;
    };
    const open = (proxy: RunningProxy): Promise<RawImap> => RawImap.open(proxy.endpoint(0, 'none'), account);
    /** One in each process that serves. */
    const openEach = (proxy: RunningProxy): Promise<RawImap[]> =>
      Promise.all(Array.from({ length: workers }, () => open(proxy)));
    const isReloaded = (entries: readonly { readonly msg?: unknown }[]): void => {
      assert.match(String(entries.at(-1)?.msg), /^reloaded \(SIGHUP\)/, JSON.stringify(entries));
    };

    test('a script is swapped under living sessions: to another, to none, and back', async () => {
      const proxy = await start({ script: hideFolders(['Secret']) });
      const sessions = await openEach(proxy);
      const shown = async (): Promise<string[]> =>
        Promise.all(sessions.map(async (session) => foldersOf((await session.ok('LIST "" "*"')).untagged)));
      const everywhere = (folders: string): string[] => sessions.map(() => folders);
      assert.deepEqual(await shown(), everywhere('INBOX Work'));

      await proxy.configure({ script: hideFolders(['Work']) });
      isReloaded(await proxy.reload());
      assert.deepEqual(await shown(), everywhere('INBOX Secret'));

      await proxy.configure({ script: undefined } as object);
      isReloaded(await proxy.reload());
      assert.deepEqual(await shown(), everywhere('INBOX Work Secret'));

      await proxy.configure({});
      isReloaded(await proxy.reload());
      assert.deepEqual(await shown(), everywhere('INBOX Work'));
      for (const session of sessions) await session.logout();
    });

    test('whatever is wrong, the old stays, and the log says where: file, line and column', async () => {
      const proxy = await start({ script: hideFolders(['Secret']) });
      const sessions = await openEach(proxy);
      const isAsBefore = async (): Promise<void> => {
        for (const session of [...sessions, ...(await openEach(proxy))]) {
          assert.equal(foldersOf((await session.ok('LIST "" "*"')).untagged), 'INBOX Work');
        }
      };
      const faultsOf = async (): Promise<string[]> => {
        const entries = (await proxy.reload()).filter(({ level }) => level === 'error');
        assert.match(String(entries.pop()?.msg), /^not reloaded \(SIGHUP\): the proxy goes on/);
        return entries.map(({ msg }) => String(msg).replaceAll(proxy.folder, '').replaceAll(folder, ''));
      };

      await writeFile(join(proxy.folder, 'script.lua'), 'function DoListResult(\n');
      assert.match(
        (await faultsOf()).join('\n'),
        /^\/proxy\.yaml:\d+:\d+: hooks\.script: script\.lua:2: .+$/,
      );
      await isAsBefore();

      await writeFile(join(proxy.folder, 'script.lua'), hideFolders(['Work']));
      await writeFile(join(proxy.folder, 'proxy.yaml'), 'upstream:\n  host: a\n  prot: 143\nworkers: many\n');
      assert.deepEqual(await faultsOf(), [
        '/proxy.yaml:3:3: upstream: unknown key "prot"; did you mean "port"?',
        '/proxy.yaml:4:10: workers: must be a whole number from 1 to 1024, or auto',
      ]);
      await isAsBefore();

      await proxy.configure({ tls: { certificates: [{ cert: certificates.ca, key: certificates.key }] } });
      const [fault, ...others] = await faultsOf();
      assert.match(String(fault), /^\/proxy\.yaml:\d+:\d+: tls\.certificates\[0\]\.key: does not belong to/);
      assert.deepEqual(others, []);
      await isAsBefore();

      const taken = new URL(`tcp://127.0.0.1:${upstream.port}`);
      const ports = [...proxy.ports, Number(taken.port)];
      await proxy.configure({ listen: ['starttls', 'tls'], ports });
      assert.deepEqual(await faultsOf(), [
        `cannot listen on 127.0.0.1 port ${taken.port}: another process listens there already`,
      ]);
      await isAsBefore();
    });

    test('hooks.test: a script that loads and fails the tests beside it does not replace the one that works', async () => {
      const tests = (hidden: string) => `test("hides ${hidden}", function()
          assert_false(DoListResult("${hidden}", "", ""))
        end)`;
      const proxy = await start({
        script: hideFolders(['Secret']),
        hooks: { test: true },
        files: { 'script_test.lua': tests('Secret') },
      });
      const sessions = await openEach(proxy);
      await proxy.configure({ script: hideFolders(['Work']) });
      const refused = (await proxy.reload()).map(({ msg }) => String(msg)).join('\n');
      assert.match(
        refused,
        /proxy\.yaml:\d+:\d+: hooks\.script: fails its tests: script_test\.lua:\d+: .*\(hides Secret\)\nnot reloaded/,
      );
      for (const session of sessions) {
        assert.equal(foldersOf((await session.ok('LIST "" "*"')).untagged), 'INBOX Work');
      }
      await proxy.configure({
        script: hideFolders(['Work']),
        files: { 'script_test.lua': tests('Work') },
      });
      isReloaded(await proxy.reload());
      for (const session of sessions) {
        assert.equal(foldersOf((await session.ok('LIST "" "*"')).untagged), 'INBOX Secret');
        await session.logout();
      }
    });

    test('a session in the middle of an answer, and one that waits for the script, live through overlapping reloads', async () => {
      const proxy = await start({ script: hideFolders(['Secret']) });
      const sessions = await openEach(proxy);
      for (const session of sessions) session.send('w WAIT\r\n');
      const finish = [];
      for (const _ of sessions) finish.push(await waiters.next());
      const before = proxy.log.length;
      for (let count = 0; count < 20; count++) process.kill(proxy.pid, 'SIGHUP');
      await proxy.logged(/"msg":"reloaded \(/, before);
      isReloaded(await proxy.reload());
      for (const go of finish) go();
      for (const session of sessions) {
        assert.match((await session.reply('w')).tagged, /^w OK/);
        assert.equal(foldersOf((await session.ok('LIST "" "*"')).untagged), 'INBOX Work');
        await session.logout();
      }
      // One under way, and one behind it for all that asked meanwhile.
      const count = proxy.log.slice(before).filter(({ msg }) => /^reloaded/.test(String(msg))).length;
      assert.ok(count >= 2 && count <= 4, `${count} reloads`);
    });

    test('SIGHUP on the way down changes nothing', async () => {
      const proxy = await start();
      const [busy] = await openEach(proxy);
      busy!.send('w WAIT\r\n');
      const finish = await waiters.next();
      const stopped = proxy.stop();
      await proxy.logged(/SIGTERM: sessions have/);
      process.kill(proxy.pid, 'SIGHUP');
      await proxy.logged(/SIGHUP: not reloaded, for the proxy is stopping/);
      finish();
      assert.match(await busy!.rest(), /w OK done\r\n\* BYE The proxy is shutting down\r\n$/);
      await stopped;
    });
  });
}

function foldersOf(untagged: readonly string[]): string {
  return untagged.map((line) => /"\/" (\S+)\r\n$/.exec(line)?.[1]).join(' ');
}

const waiters = new Held();

/** An IMAP server with three folders that agrees to everything and answers WAIT when it is told to. */
async function serve(peer: Peer, name: string): Promise<void> {
  peer.send(`* OK [CAPABILITY IMAP4rev1] ${name}\r\n`);
  for (;;) {
    const [tag, verb] = (await peer.line()).split(' ');
    switch (verb) {
      case 'LIST':
        for (const folder of ['INBOX', 'Work', 'Secret']) peer.send(`* LIST () "/" ${folder}\r\n`);
        break;
      case 'WAIT':
        await new Promise<void>((resolve) => waiters.add(resolve));
        break;
      case 'LOGOUT':
        peer.send('* BYE\r\n');
        break;
    }
    peer.send(`${tag} OK done\r\n`);
    if (verb === 'LOGOUT') peer.socket.end();
  }
}
