/** A log that nobody reads (a Docker or a journald that hangs): mail goes on, and so does the log once it is read. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { type RunningProxy, startProxy } from '../support/proxy.ts';
import { RawImap } from '../support/raw-imap.ts';
import { without } from '../support/required.ts';
import { agreeable, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts';
import { passwords } from '../support/secrets.ts';
import { sessionsEnded } from '../support/sessions-ended.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { pidOf } from '../support/workers.ts';

/** Sessions that say more at `debug` than the kernel keeps of it, some 200 KiB. */
const FULL = 500;

const account = { user: 'alice', password: passwords.scripted };

describe('a log that nobody reads', { skip: without('openssl'), timeout: 120_000 }, () => {
  let folder: string;
  let certificates: Certificates;
  let upstream: ScriptedServer;
  before(async () => {
    folder = await temporaryFolder();
    certificates = await makeCertificates(folder);
    upstream = await scriptedServer();
    upstream.behave(agreeable);
  });
  after(async () => {
    await upstream?.stop();
    await removeFolder(folder);
  });

  const start = (workers: number): Promise<RunningProxy> =>
    startProxy({
      listen: ['starttls'],
      certificates,
      upstream: { port: upstream.port, encryption: 'none' },
      workers,
    });
  const sessions = async (proxy: RunningProxy, count: number): Promise<void> => {
    for (let at = 0; at < count; at++) {
      const session = await RawImap.open(proxy.endpoint(0, 'none'), account);
      await session.logout();
    }
  };

  for (const workers of [1, 2]) {
    test(`workers: ${workers}: nothing of it is missing later`, async () => {
      const proxy = await start(workers);
      try {
        proxy.readLog(false);
        await sessions(proxy, FULL);
        proxy.readLog(true);
        await sessionsEnded(proxy, FULL);
      } finally {
        await proxy.stop();
      }
      assert.deepEqual(
        proxy.log.filter((entry) => !('msg' in entry)),
        [],
      );
    });

    test(`workers: ${workers}: it ends when it is told to`, async () => {
      const proxy = await start(workers);
      proxy.readLog(false);
      await sessions(proxy, FULL);
      process.kill(proxy.pid, 'SIGTERM');
      await proxy.ended;
      proxy.readLog(true);
      await proxy.stop();
    });
  }

  test('a worker that ends while it is full, and one that takes its place, hold up nobody', async () => {
    const proxy = await start(2);
    proxy.readLog(false);
    await sessions(proxy, FULL);
    const [first, second] = [pidOf(proxy, 1), pidOf(proxy, 2)];
    const before = proxy.log.length;
    process.kill(first, 'SIGKILL');
    await sessions(proxy, FULL);
    proxy.readLog(true);
    await proxy.logged(/"worker":1.*worker serves/, before);
    assert.equal(pidOf(proxy, 2), second);
    await proxy.stop();
  });
});
