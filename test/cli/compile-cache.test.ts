/** What Node 22 and newer keep of compiled code: beside the program, and never at the cost of a start. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { command } from '../support/command.ts';

let root: string;

/** An installed program that needs no package: `--version` loads none. */
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'imapveil-'));
  cpSync(dirname(dirname(command)), join(root, 'dist'), { recursive: true });
  writeFileSync(join(root, 'package.json'), '{"type":"module","version":"1.2.3"}');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function version(): { status: number | null; stdout: string; stderr: string } {
  const { NODE_COMPILE_CACHE: _, NODE_V8_COVERAGE: __, ...env } = process.env;
  const main = join(root, 'dist', 'cli', 'main.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, '--version'], {
    encoding: 'utf8',
    env,
  });
  return { status, stdout, stderr };
}

test('it is kept below the node_modules of the program', {
  skip: 'enableCompileCache' in nodeModule ? false : 'this Node keeps no compiled code',
}, () => {
  assert.deepEqual(version(), { status: 0, stdout: '1.2.3\n', stderr: '' });
  assert.ok(existsSync(join(root, 'node_modules', '.cache', 'imapveil')));
});

test('where nothing can be written, nothing is said', () => {
  writeFileSync(join(root, 'node_modules'), 'in the way, even for root');
  assert.deepEqual(version(), { status: 0, stdout: '1.2.3\n', stderr: '' });
});
