/** A connection on its way to a worker that dies, or that has no file left for it. */
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

/** The beginning of a primary: a connection that somebody has made is there, as `socket`. */
const oneConnection = `import { once } from 'node:events';
  import { connect, createServer } from 'node:net';
  import { WorkerProcess } from ${JSON.stringify(new URL('../../src/process/worker-process.js', import.meta.url).href)};
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect(server.address().port, '127.0.0.1').on('error', () => {});
  const [socket] = await once(server, 'connection');
  server.close();`;

/**
 * What a primary writes that hands one connection to a worker of this code, and then only waits for its end. The
 * worker's channel outlives it for a moment, as it does when two workers end at once and Node notices the second before
 * it has read its channel to the end: a program that the worker starts holds it open.
 */
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
    `${oneConnection}
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

test('a connection that a worker has no file for comes back, and the worker is given others', async () => {
  const worker = join(folder, 'full.mjs');
  const primary = join(folder, 'primary.mjs');
  await writeFile(
    worker,
    `import { closeSync, openSync } from 'node:fs';
     const files = [];
     process.on('message', ({ kind }, socket) => {
       if (kind === 'drain') {
         for (const file of files) closeSync(file);
         process.send({ kind: 'count' });
       }
       if (kind !== 'connection') return;
       socket.destroy();
       process.send({ kind: 'took' });
       process.exit(0);
     });
     try {
       for (;;) files.push(openSync('/dev/null'));
     } catch {}
     setInterval(() => process.send({ kind: 'alive' }), 5);
     process.send({ kind: 'serving' });`,
  );
  await writeFile(
    primary,
    `${oneConnection}
     const worker = new WorkerProcess(${JSON.stringify(worker)}, { kind: 'start' }, {
       serving: () => worker.hand({ socket, listener: 'a port' }),
       missed: () => console.log('missed'),
       counted: () => worker.hand({ socket, listener: 'a port' }),
       ended: ({ how, left }) => {
         console.log(how, 'with', left.length, 'left, taken:', socket.destroyed);
         client.destroy();
         clearInterval(ticks);
       },
     });
     const ticks = setInterval(() => {
       for (const { listener } of worker.tick()) {
         console.log('back:', listener, worker.takes);
         worker.send({ kind: 'drain' });
       }
     }, 20);`,
  );
  const { stdout } = await run('/bin/sh', ['-c', `ulimit -n 60 && exec ${process.execPath} ${primary}`]);
  assert.equal(stdout.toString('utf8'), 'missed\nback: a port true\nexit code 0 with 0 left, taken: true\n');
});
