/** The configuration read in a thread: the same result as without one, and an end whatever becomes of the thread. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadConfigInThread } from '../../src/cli/config-in-thread.ts';
import { loadConfig } from '../../src/config/load.ts';
import { folderWith } from '../config/temporary.ts';

const FAULTY =
  'upstream: { host: mail, port: 0 }\ntls: { certificates: [{ cert: a, key: b }] }\nhooks: { script: s.lua }\n';
const SOUND =
  'upstream: { host: mail, encryption: none }\nadmin: {}\nlisten: [{ proxyProtocol: [10.0.0.0/8] }]\n';

test('faults, the files named, a configuration and its warnings come out as they do without a thread', async (context) => {
  const folder = folderWith(context, { 'faulty.yaml': FAULTY, 'sound.yaml': SOUND });
  const files = ['faulty.yaml', 'sound.yaml', 'missing.yaml'].map((name) => join(folder, name));
  const inThreads = await Promise.all(files.map((file) => loadConfigInThread(file)));
  const here = await Promise.all(files.map((file) => loadConfig(file)));
  assert.deepEqual(
    here.map(({ kind, files }) => [kind, files.length]),
    [
      ['faults', 2],
      ['loaded', 0],
      ['faults', 0],
    ],
  );
  assert.deepEqual(inThreads, here);
});

test('a thread that fails, and one that ends without a word', async () => {
  const running = (code: string) => loadConfigInThread('proxy.yaml', new URL(`data:text/javascript,${code}`));
  await assert.rejects(running("throw new RangeError('no more')"), {
    name: 'RangeError',
    message: 'no more',
  });
  await assert.rejects(running('process.exit(7)'), /proxy\.yaml ended with code 7 and without a result/);
  await assert.rejects(running(''), /ended with code 0/);
});

test('run: a thread that fails is a bug of ours, said in one line, with exit code 1', (context) => {
  const root = folderWith(context, { 'package.json': '{"type":"module"}', 'proxy.yaml': SOUND });
  cpSync(fileURLToPath(new URL('../../src/', import.meta.url)), join(root, 'dist'), { recursive: true });
  symlinkSync(fileURLToPath(new URL('../../../node_modules', import.meta.url)), join(root, 'node_modules'));
  writeFileSync(join(root, 'dist', 'cli', 'config-thread.js'), "throw new Error('out of order');");
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'dist', 'cli', 'main.js'), 'run', '--config', join(root, 'proxy.yaml')],
    { encoding: 'utf8', env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' }, timeout: 60_000 },
  );
  assert.deepEqual({ status, stdout }, { status: 1, stdout: '' });
  assert.equal(
    stderr,
    'imapveil: this is a bug in imapveil: Error: out of order (IMAPVEIL_DEBUG=1 shows where)\n',
  );
});
