/** Reloads, a hundred of them with one process, leave nothing behind: no thread, no open file, no memory, and the session that was there. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { type RunningProxy, startProxy } from '../support/proxy.ts';
import { RawImap } from '../support/raw-imap.ts';
import { without } from '../support/required.ts';
import { agreeable, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts';
import { hideIdle } from '../support/scripts.ts';
import { passwords } from '../support/secrets.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { pidOf } from '../support/workers.ts';

/** With several processes each of them takes as long, and there is less that is different from the first time. */
const runs = [
  { workers: 1, reloads: 100 },
  { workers: 2, reloads: 32 },
] as const;

for (const { workers, reloads } of runs) {
  /** After so many everything has been compiled, and heaps have grown to what they need. */
  const warm = reloads / 4;
  describe(`${reloads} reloads, workers: ${workers}`, { skip: without('openssl'), timeout: 280_000 }, () => {
    let folder: string;
    let certificates: Certificates;
    let upstream: ScriptedServer;
    let proxy: RunningProxy;
    before(async () => {
      folder = await temporaryFolder();
      certificates = await makeCertificates(folder);
      upstream = await scriptedServer();
      upstream.behave(agreeable);
      proxy = await startProxy({
        listen: ['starttls'],
        certificates,
        upstream: { port: upstream.port, encryption: 'none' },
        script: hideIdle,
        workers,
        logLevel: 'info',
      });
    });
    after(async () => {
      await proxy?.stop();
      await upstream?.stop();
      await removeFolder(folder);
    });

    test('threads, open files and memory are what they were', async () => {
      const session = await RawImap.open(proxy.endpoint(0, 'none'), {
        user: 'alice',
        password: passwords.scripted,
      });
      const pids = workers === 1 ? [proxy.pid] : [proxy.pid, pidOf(proxy, 1), pidOf(proxy, 2)];
      const reload = async (times: number) => {
        for (let count = 0; count < times; count++) {
          assert.match(String((await proxy.reload()).at(-1)?.msg), /^reloaded/);
        }
      };
      await reload(warm);
      const before = await Promise.all(pids.map(settled));
      await reload(reloads - warm);
      for (const [place, pid] of pids.entries()) {
        const { threads, files, memory } = before[place]!;
        // A thread is gone a moment after it was told to end.
        await until(async () => (await settled(pid)).threads <= threads, `threads of ${pid}`);
        const now = await settled(pid);
        assert.ok(now.files <= files, `open files: ${files}, then ${now.files}`);
        assert.ok(now.memory <= memory + 24 * 1024, `KiB: ${memory}, then ${now.memory}`);
      }
      await session.ok('NOOP');
      await session.logout();
    });
  });
}

interface Held {
  readonly threads: number;
  readonly files: number;
  /** KiB of its own. */
  readonly memory: number;
}

async function settled(pid: number): Promise<Held> {
  const [threads, files, rollup] = await Promise.all([
    readdir(`/proc/${pid}/task`),
    readdir(`/proc/${pid}/fd`),
    readFile(`/proc/${pid}/smaps_rollup`, 'utf8'),
  ]);
  const memory = Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1]);
  return { threads: threads.length, files: files.length, memory };
}

async function until(reached: () => Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + 10_000;
  while (!(await reached())) assert.ok(Date.now() < end, `${what} did not come down`);
}
