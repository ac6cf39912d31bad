/** What a reload changes of where the proxy listens, what is behind it, and what only a restart can change. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { everything } from '../support/everything.ts';
import { freePorts } from '../support/ports.ts';
import { type LogEntry, type ProxyOptions, type RunningProxy, startProxy } from '../support/proxy.ts';
import { RawImap } from '../support/raw-imap.ts';
import { without } from '../support/required.ts';
import { agreeable, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts';
import { passwords } from '../support/secrets.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { pidOf, takers } from '../support/workers.ts';

const account = { user: 'alice', password: passwords.scripted };

for (const workers of [1, 2]) {
  describe(`listeners and the server, workers: ${workers}`, {
    skip: without('openssl'),
    timeout: 120_000,
  }, () => {
    let folder: string;
    let certificates: Certificates;
    let upstream: ScriptedServer;
    let other: ScriptedServer;
    const running: RunningProxy[] = [];
    before(async () => {
      folder = await temporaryFolder();
      certificates = await makeCertificates(folder);
      upstream = await scriptedServer();
      upstream.behave(agreeable);
      other = await scriptedServer();
      other.behave(agreeable);
    });
    after(async () => {
      const stopped = await Promise.allSettled(running.map((proxy) => proxy.stop()));
      await Promise.all([upstream?.stop(), other?.stop()]);
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
    const change = async (
      proxy: RunningProxy,
      options: Partial<ProxyOptions>,
    ): Promise<readonly LogEntry[]> => {
      await proxy.configure(options);
      const entries = await proxy.reload();
      assert.match(String(entries.at(-1)?.msg), /^reloaded \(SIGHUP\)/, JSON.stringify(entries));
      return entries;
    };
    const at = (port: number, security: 'none' | 'starttls' | 'tls' = 'none') => ({
      host: 'localhost',
      port,
      security,
      ca: certificates.ca,
    });
    const refuses = async (port: number): Promise<void> => {
      await assert.rejects(RawImap.connect(at(port)), /ECONNREFUSED/);
    };

    test('one opens, one closes and its sessions live, one is TLS now; their order does not matter', async () => {
      const [first, second, third] = (await freePorts(3)) as [number, number, number];
      const proxy = await start({ listen: ['starttls', 'starttls'], ports: [first, second] });
      const sessions = await Promise.all(
        [first, second, first, second].map((port) => RawImap.open(at(port), account)),
      );
      await change(proxy, { listen: ['starttls', 'tls'], ports: [third, second] });
      await refuses(first);
      for (let each = 0; each < workers; each++) {
        await (await RawImap.open(at(third), account)).logout();
        await (await RawImap.open(at(second, 'tls'), account)).logout();
      }
      for (const session of sessions) await session.ok('NOOP');

      await change(proxy, { listen: ['tls', 'starttls', 'starttls'], ports: [second, first, third] });
      for (const [port, security] of [
        [first, 'starttls'],
        [second, 'tls'],
        [third, 'none'],
      ] as const) {
        for (let each = 0; each < workers; each++) {
          await (await RawImap.open(at(port, security), account)).logout();
        }
      }
      for (const session of sessions) await session.logout();
    });

    test('a port that changes is never closed: whoever connects all the while is greeted', async () => {
      const proxy = await start();
      let done = false;
      const visitors = (async () => {
        let count = 0;
        while (!done) {
          const session = await RawImap.connect(proxy.endpoint(0, 'none'));
          assert.match(await session.response(), /^\* OK/);
          session.close();
          count++;
        }
        return count;
      })();
      for (const listen of ['starttls-required', 'starttls', 'starttls-required'] as const) {
        await change(proxy, { listen: [listen] });
      }
      done = true;
      assert.ok((await visitors) > 0);
      const session = await RawImap.connect(proxy.endpoint(0, 'none'));
      await session.response();
      assert.match((await session.command('LOGIN a b')).tagged, /PRIVACYREQUIRED/);
      session.close();
    });

    test('a PROXY header is asked for from now on', async () => {
      const proxy = await start();
      await change(proxy, { proxyProtocol: ['127.0.0.1'] });
      const socket = connect(proxy.ports[0]!, '127.0.0.1');
      socket.write('PROXY TCP4 192.0.2.7 192.0.2.8 4321 143\r\n');
      socket.once('data', () => socket.end());
      assert.match(await everything(socket), /^\* OK/);
      await proxy.logged(/"client":"192\.0\.2\.7"/);
    });

    test('the server, limits and the admin port: new sessions have the new ones, those that live the old', async () => {
      const [admin = 0, moved = 0] = await freePorts(2);
      const proxy = await start({ admin: { address: '127.0.0.1', port: admin } });
      const ready = async (port: number) => {
        const answer = await fetch(`http://127.0.0.1:${port}/readyz`);
        return `${answer.status} ${await answer.text()}`;
      };
      const old = await RawImap.open(proxy.endpoint(0, 'none'), account);
      assert.equal(await ready(admin), '200 ready\n');

      await change(proxy, {
        upstream: { port: other.port, encryption: 'none' },
        limits: { connectionsPerAddress: 2 },
        admin: { address: '127.0.0.1', port: moved },
      });
      const connections = other.connections;
      const late = await RawImap.open(proxy.endpoint(0, 'none'), account);
      assert.equal(other.connections, connections + 1);
      await old.ok('NOOP');
      // Workers hear of a limit a moment after it was reached.
      for (;;) {
        const third = connect(proxy.ports[0]!, '127.0.0.1');
        third.once('data', () => third.end());
        if ((await everything(third)) === '* BYE Too many connections\r\n') break;
      }
      assert.equal(await ready(moved), '200 ready\n');
      await assert.rejects(fetch(`http://127.0.0.1:${admin}/readyz`));

      // Nobody is there: /readyz says so at once, whatever it believed of the one before.
      const [nobody = 0] = await freePorts(1);
      await change(proxy, {
        upstream: { port: nobody, encryption: 'none' },
        admin: { address: '127.0.0.1', port: moved },
      });
      assert.match(await ready(moved), /^503 .*the connection was refused/);
      for (const session of [old, late]) {
        await session.ok('NOOP');
        await session.logout();
      }
    });

    test('workers and log.format are named, and everything else is applied', async () => {
      const proxy = await start();
      const entries = await change(proxy, { workers: 3, logFormat: 'pretty', logLevel: 'info' });
      assert.deepEqual(
        entries.filter(({ level }) => level === 'warn').map(({ key }) => key),
        ['workers', 'log.format'],
      );
      const before = proxy.log.length;
      const session = await RawImap.open(proxy.endpoint(0, 'none'), account);
      await session.logout();
      await proxy.logged(/session ended/, before);
      // What was debug is not said any more, in whichever process.
      assert.deepEqual(
        proxy.log.slice(before).filter(({ level }) => level === 'debug'),
        [],
      );
    });

    if (workers === 1) return;
    test('a worker that comes in the place of a dead one has what was reloaded', async () => {
      const script = (word: string) => `function DoCapability(ip, caps) return caps .. "X-${word} " end`;
      const proxy = await start({ script: script('ONE') });
      await change(proxy, { script: script('TWO') });
      for (const number of [1, 2]) {
        const before = proxy.log.length;
        process.kill(pidOf(proxy, number), 'SIGKILL');
        await proxy.logged(new RegExp(`"worker":${number}.*worker serves`), before);
      }
      const before = proxy.log.length;
      for (const _ of [1, 2]) {
        const session = await RawImap.connect(proxy.endpoint(0, 'none'));
        assert.match(await session.response(), /X-TWO/);
        session.close();
      }
      assert.deepEqual(takers(proxy, before).toSorted(), [1, 2]);
    });

    test('a worker that is killed in the middle of reloads: all end up with the same', async () => {
      const script = (word: number) => `function DoCapability(ip, caps) return caps .. "X-${word} " end`;
      const proxy = await start({ script: script(0) });
      for (const round of [1, 2, 3]) {
        await proxy.configure({ script: script(round) });
        const before = proxy.log.length;
        const reloaded = proxy.reload();
        process.kill(pidOf(proxy, 1), 'SIGKILL');
        await proxy.logged(/"worker":1.*worker serves/, before);
        assert.match(String((await reloaded).at(-1)?.msg), /^reloaded/);
        for (const _ of [1, 2]) {
          const session = await RawImap.connect(proxy.endpoint(0, 'none'));
          assert.match(await session.response(), new RegExp(`X-${round}\\b`));
          session.close();
        }
      }
    });
  });
}
