/** Workers that do not do what they should: the primary's side, with processes of the test's own in their place. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { after, before, test } from 'node:test';
import type { Config } from '../../src/config/config.ts';
import { createLog } from '../../src/observe/log.ts';
import * as loadedMetrics from '../../src/observe/metrics.ts';
import type { Common } from '../../src/process/common.ts';
import { StartFault } from '../../src/process/start-fault.ts';
import { openWorkers } from '../../src/process/workers.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';

let folder: string;
before(async () => {
  folder = await temporaryFolder();
});
after(() => removeFolder(folder));

const limits = { connections: 10, connectionsPerAddress: 10 };
const config = { workers: 2, limits } as Config;
const common: Common = {
  certificates: [],
  ticketKeys: Buffer.alloc(48),
  upstreamCa: undefined,
  servers: [{ host: '127.0.0.1', port: 1, weight: 1, servername: '127.0.0.1' }],
};

/** Starts workers that run this code; `start` in it is the first message. */
async function startWith(code: string) {
  const entry = join(folder, `${Math.random()}.mjs`);
  const onClose = "process.on('message', ({ kind }) => kind === 'close' && process.exit(0));";
  await writeFile(entry, `${onClose}\nprocess.once('message', (start) => {\n${code}\n});\n`);
  const written = new PassThrough({ encoding: 'utf8' });
  const lines = createInterface({ input: written })[Symbol.asyncIterator]();
  const log = createLog({ level: 'error', format: 'json' }, written);
  const workers = await openWorkers(config, common, { log, entry, loadMetrics: async () => loadedMetrics });
  return {
    workers,
    nextError: async () => JSON.parse((await lines.next()).value) as Record<string, unknown>,
  };
}

test('a worker that ends at its start is a fault of the start', async () => {
  const faults = new Set<string>();
  for (const code of ['process.exit(start.number === 2 ? 3 : 0)', 'process.exit(3)']) {
    await assert.rejects(startWith(code), (error) => {
      assert.ok(error instanceof StartFault);
      faults.add(error.message.replace(/\d/g, 'N'));
      return true;
    });
  }
  assert.deepEqual([...faults], ['worker N ended at its start (exit code N)']);
});

test('a worker that cannot serve says why, and the others are ended', async () => {
  const code = `if (start.number === 2) process.send({ kind: 'fault', message: 'no script' }, () => process.exit(1));
    else process.send({ kind: 'serving' });`;
  await assert.rejects(startWith(code), { message: 'no script' });
});

test('what one worker cannot make ready for, no worker begins with', async () => {
  const code = `process.send({ kind: 'serving' });
    process.on('message', ({ kind, config }) => {
      const fault = config?.workers === 99 && start.number === 2 ? 'no script here' : undefined;
      if (kind === 'prepare') process.send({ kind: 'prepared', fault });
      if (kind === 'cancel') process.exit(40 + start.number);
    });`;
  const { workers, nextError } = await startWith(code);
  try {
    await assert.rejects(workers.prepare({ ...config, workers: 99 } as Config, common), {
      message: 'no script here',
    });
    const ended = [await nextError(), await nextError()].map(({ how }) => how).toSorted();
    assert.deepEqual(ended, ['exit code 41', 'exit code 42']);
  } finally {
    await workers.close();
  }
});

test('a worker that dies while it makes ready is not waited for; who comes in its place makes ready too', async () => {
  const died = join(folder, 'died');
  const asked = join(folder, 'asked-again');
  const code = `const { existsSync, writeFileSync } = process.getBuiltinModule('node:fs');
    const ready = () => process.send({ kind: 'prepared', fault: undefined });
    const readyBehindTheOther = () => {
      if (existsSync(${JSON.stringify(asked)})) ready();
      else setTimeout(readyBehindTheOther, 10);
    };
    process.on('message', ({ kind }) => {
      if (kind === 'commit') process.exit(40 + start.number);
      if (kind !== 'prepare') return;
      if (start.number === 2) return readyBehindTheOther();
      if (existsSync(${JSON.stringify(died)})) {
        writeFileSync(${JSON.stringify(asked)}, '');
        return ready();
      }
      writeFileSync(${JSON.stringify(died)}, '');
      process.exit(7);
    });
    process.send({ kind: 'serving' });`;
  const { workers, nextError } = await startWith(code);
  try {
    const change = await workers.prepare(config, common);
    assert.equal((await nextError()).how, 'exit code 7');
    change.commit();
    const ended = [await nextError(), await nextError()].map(({ how }) => how).toSorted();
    assert.deepEqual(ended, ['exit code 41', 'exit code 42']);
  } finally {
    await workers.close();
  }
});

test('a worker that dies again and again is replaced ever later, and its successors know what is known by then', async () => {
  const code = `const dieOf = (keys) => start.number === 2 && keys[0] === 1 && process.exit(7);
    process.on('message', ({ kind, keys }) => kind === 'ticket-keys' && dieOf(keys));
    dieOf(start.common.ticketKeys);
    process.send({ kind: 'serving' });`;
  const { workers, nextError } = await startWith(code);
  workers.useTicketKeys(Buffer.alloc(48, 1));
  try {
    for (const wait of [100, 200, 400]) {
      const { worker, how, msg } = await nextError();
      assert.deepEqual([worker, how], [2, 'exit code 7']);
      assert.match(String(msg), new RegExp(`replaced in ${wait} ms$`));
    }
  } finally {
    await workers.close();
  }
});
