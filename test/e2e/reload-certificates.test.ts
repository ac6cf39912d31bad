/** Renewed certificates as they come: by SIGHUP, by certbot's switching of links, by a mounted secret of Kubernetes. */
import assert from 'node:assert/strict';
import { cp, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { run } from '../support/child.ts';
import { type Issued, type Issuer, makeIssuer } from '../support/issuer.ts';
import { type ProxyOptions, type RunningProxy, startProxy } from '../support/proxy.ts';
import { RawImap } from '../support/raw-imap.ts';
import { program, without } from '../support/required.ts';
import { agreeable, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts';
import { passwords } from '../support/secrets.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';

const account = { user: 'alice', password: passwords.scripted };
const watched = /"msg":"reloaded \(a file has changed\)/;

for (const workers of [1, 2]) {
  describe(`renewed certificates, workers: ${workers}`, {
    skip: without('openssl'),
    timeout: 120_000,
  }, () => {
    let folder: string;
    let issuer: Issuer;
    let trusted: Certificates;
    let first: Issued;
    let second: Issued;
    let third: Issued;
    let upstream: ScriptedServer;
    const running: RunningProxy[] = [];
    before(async () => {
      folder = await temporaryFolder();
      issuer = await makeIssuer(folder);
      trusted = { ...(await makeCertificates(folder)), ca: issuer.ca };
      [first, second, third] = await Promise.all([
        issuer.issue('first', 'ecdsa', ['localhost']),
        issuer.issue('second', 'ecdsa', ['localhost']),
        issuer.issue('third', 'rsa', ['localhost']),
      ]);
      upstream = await scriptedServer();
      upstream.behave(agreeable);
    });
    after(async () => {
      const stopped = await Promise.allSettled(running.map((proxy) => proxy.stop()));
      await upstream?.stop();
      await removeFolder(folder);
      for (const result of stopped) if (result.status === 'rejected') throw result.reason;
    });

    const start = async (pair: Issued, options: Partial<ProxyOptions> = {}): Promise<RunningProxy> => {
      const proxy = await startProxy({
        listen: ['tls', 'starttls'],
        certificates: trusted,
        tls: { certificates: [pair] },
        upstream: { port: upstream.port, encryption: 'none' },
        workers,
        ...options,
      });
      running.push(proxy);
      return proxy;
    };

    /** The common names that openssl is shown, by each process that serves, from the first byte and by STARTTLS. */
    const shown = async (proxy: RunningProxy): Promise<string[]> => {
      const names: string[] = [];
      for (const args of [[], ['-starttls', 'imap']]) {
        for (let each = 0; each < workers; each++) {
          const to = `127.0.0.1:${proxy.ports[args.length === 0 ? 0 : 1]}`;
          const verified = ['-CAfile', issuer.ca, '-verify_return_error', '-servername', 'localhost'];
          const call = ['s_client', '-brief', '-connect', to, ...verified, ...args];
          const { stderr } = await run(program('openssl'), call);
          names.push(/^Peer certificate: .*CN ?= ?(\S+)$/m.exec(stderr)?.[1] ?? stderr);
        }
      }
      return [...new Set(names)];
    };

    test('SIGHUP: new handshakes see the new one, also that of a session which was there before; nobody is lost', async () => {
      const proxy = await start(first);
      assert.deepEqual(await shown(proxy), ['first']);
      const secured = await RawImap.open(proxy.endpoint(0, 'tls'), account);
      const plain = await RawImap.connect(proxy.endpoint(1, 'starttls'));
      await plain.response();

      await proxy.configure({ tls: { certificates: [second] } });
      await proxy.reload();
      assert.deepEqual(await shown(proxy), ['second']);
      assert.equal(secured.peerName, 'first');
      await secured.ok('NOOP');
      await plain.startTls();
      assert.equal(plain.peerName, 'second');
      await plain.login(account);
      await Promise.all([secured.logout(), plain.logout()]);
    });

    test('watch: certbot writes new files to archive/ and switches the links in live/, one after the other', async () => {
      const at = (...names: string[]): string => join(folder, `certbot-${workers}`, ...names);
      await mkdir(at('archive'), { recursive: true });
      await mkdir(at('live'));
      const renew = async (pair: Issued, number: number): Promise<void> => {
        await cp(pair.cert, at('archive', `fullchain${number}.pem`));
        await cp(pair.key, at('archive', `privkey${number}.pem`));
        for (const name of ['privkey', 'fullchain']) {
          await rm(at('live', `${name}.pem`), { force: true });
          await symlink(`../archive/${name}${number}.pem`, at('live', `${name}.pem`));
        }
      };
      await renew(first, 1);
      const live = { cert: at('live', 'fullchain.pem'), key: at('live', 'privkey.pem') };
      const proxy = await start(live, { watch: true });
      assert.deepEqual(await shown(proxy), ['first']);
      const session = await RawImap.open(proxy.endpoint(0, 'tls'), account);
      await renew(second, 2);
      await proxy.logged(watched);
      assert.deepEqual(await shown(proxy), ['second']);
      await session.ok('NOOP');
      await session.logout();
    });

    test('watch: a mounted secret is replaced by switching ..data, twice', async () => {
      const at = (...names: string[]): string => join(folder, `secret-${workers}`, ...names);
      const write = async (pair: Issued, version: string): Promise<void> => {
        await mkdir(at(version), { recursive: true });
        await cp(pair.cert, at(version, 'tls.crt'));
        await cp(pair.key, at(version, 'tls.key'));
        await symlink(version, at('..data_tmp'));
        await rename(at('..data_tmp'), at('..data'));
      };
      await write(first, '..2026_1');
      await symlink('..data/tls.crt', at('tls.crt'));
      await symlink('..data/tls.key', at('tls.key'));
      const proxy = await start({ cert: at('tls.crt'), key: at('tls.key') }, { watch: true });
      const session = await RawImap.open(proxy.endpoint(0, 'tls'), account);
      for (const [pair, name] of [
        [second, 'second'],
        [third, 'third'],
      ] as const) {
        const before = proxy.log.length;
        await write(pair, `..2026_${name}`);
        await proxy.logged(watched, before);
        assert.deepEqual(await shown(proxy), [name]);
      }
      await session.ok('NOOP');
      await session.logout();
    });

    test('watch: a certificate whose key comes much later is said once, and taken when the key is there', async () => {
      const [cert, key] = ['late.pem', 'late.key'].map((name) => join(folder, `${workers}-${name}`)) as [
        string,
        string,
      ];
      await cp(first.cert, cert);
      await cp(first.key, key);
      const proxy = await start({ cert, key }, { watch: true });
      await cp(second.cert, cert);
      const refused = await proxy.logged(/does not belong to/);
      assert.match(
        String(refused.msg),
        /proxy\.yaml:\d+:\d+: tls\.certificates\[0\]\.key: does not belong to/,
      );
      await proxy.logged(/not reloaded \(a file has changed\)/);
      assert.deepEqual(await shown(proxy), ['first']);
      await cp(second.key, key);
      await proxy.logged(watched);
      assert.deepEqual(await shown(proxy), ['second']);
      assert.equal(proxy.log.filter(({ msg }) => /^not reloaded/.test(String(msg))).length, 1);
    });

    test('watch: the script, a module that it requires, also when it is broken, and proxy.yaml', async () => {
      const proxy = await start(first, {
        watch: true,
        script: 'local word = require("word")\nfunction DoGreeting() end\nprint("script says " .. word)',
        files: { 'word.lua': 'return "one"' },
      });
      const write = (name: string, text: string): Promise<void> => writeFile(join(proxy.folder, name), text);
      await proxy.logged(/script says one/);
      await write('word.lua', 'return "two"');
      await proxy.logged(/script says two/);
      await proxy.logged(watched);
      // Broken, it is not known what it would have required; what it failed in counts all the same.
      await write('word.lua', 'return "three');
      await proxy.logged(/hooks\.script: word\.lua:1: /);
      const before = proxy.log.length;
      await write('word.lua', 'return "three"');
      await proxy.logged(/script says three/);
      await proxy.logged(watched, before);
      await proxy.configure({ hooks: { deadline: '1s' }, files: {} });
      await proxy.logged(watched, proxy.log.length);
    });
  });
}
