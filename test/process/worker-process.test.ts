/**
 * The end of a worker whose channel outlives it for a moment, as it does when two workers end at once and Node
 * notices the second before it has read its channel to the end. Here a program that the worker starts holds it open.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { run } from '../support/child.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';

let folder: string;
before(async () => {
  folder = await temporaryFolder();
});
after(() => removeFolder(folder));

/** What a primary writes that hands one connection to a worker of this code, and then only waits for its end. */
async function primaryOf(workerCode: string): Promise<string> {
  const worker = join(folder, `${Math.random()}.mjs`);
  const primary = join(folder, `${Math.random()}.mjs`);
  await writeFile(
    worker,
    `const { spawn } = process.getBuiltinModule('node:child_process');
     const CHANNEL = 3;
     const holder = spawn('sleep', ['1'], { stdio: ['ignore', 'ignore', 'ignore', CHANNEL] });
     process.on('message', ({ kind }) => kind === 'close' && process.exit(0));
     holder.on('spawn', () => {
       ${workerCode}
     });`,
  );
  await writeFile(
    primary,
    `import { once } from 'node:events';
     import { connect, createServer } from 'node:net';
     import { WorkerProcess } from ${JSON.stringify(new URL('../../src/process/worker-process.js', import.meta.url).href)};
     const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
     await once(server, 'listening');
     const client = connect(server.address().port, '127.0.0.1').on('error', () => {});
     const [socket] = await once(server, 'connection');
     server.close();
     const end = await new Promise((resolve) => {
       const worker = new WorkerProcess(${JSON.stringify(worker)}, { kind: 'start' }, {
         serving: () => worker.hand({ socket, listener: 'a port' }),
         counted: () => worker.end('close'),
         ended: resolve,
       });
     });
     console.log(end.how, 'with', end.left.length, 'left');
     client.destroy();
     for (const { socket } of end.left) socket.destroy();`,
  );
  const { stdout } = await run(process.execPath, [primary]);
  return stdout.toString('utf8').trim();
}

test('who waits for the end of a worker alone is told of it', async () => {
  const code = `process.on('message', ({ kind }, socket) => {
      if (kind !== 'connection') return;
      socket.destroy();
      process.send({ kind: 'took' });
      process.send({ kind: 'count' });
    });
    process.send({ kind: 'serving' });`;
  assert.equal(await primaryOf(code), 'exit code 0 with 0 left');
});

test('a worker that dies while a connection is on its way to it has ended, and the connection is left', async () => {
  const code = `process.send({ kind: 'serving' }, () => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
      process.kill(process.pid, 'SIGKILL');
    });`;
  assert.equal(await primaryOf(code), 'signal SIGKILL with 1 left');
});
