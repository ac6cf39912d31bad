/** A log that nobody reads (a Docker or a journald that hangs): mail goes on, and so does the log once it is read. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { startProxy } from '../support/proxy.ts';
import { RawImap } from '../support/raw-imap.ts';
import { without } from '../support/required.ts';
import { agreeable, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts';
import { passwords } from '../support/secrets.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';

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

  for (const workers of [1, 2]) {
    test(`workers: ${workers}`, async () => {
      const proxy = await startProxy({
        listen: ['starttls'],
        certificates,
        upstream: { port: upstream.port, encryption: 'none' },
        workers,
      });
      try {
        proxy.readLog(false);
        // More than what the kernel keeps of it, some 200 KiB.
        for (let count = 0; count < 500; count++) {
          const session = await RawImap.open(proxy.endpoint(0, 'none'), account);
          await session.logout();
        }
        proxy.readLog(true);
      } finally {
        await proxy.stop();
      }
      assert.equal(proxy.log.filter(({ msg }) => msg === 'session ended').length, 500);
      const broken = proxy.log.filter((entry) => !('msg' in entry));
      assert.deepEqual(broken, []);
    });
  }
});
