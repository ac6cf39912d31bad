/** `imapveil demo`: what it prints is what a user judges the product by. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { demo } from '../../src/cli/demo.ts';
import { captureIo } from './captured-io.ts';

test('the capabilities and the folders stand side by side, and what the script hides is marked', async () => {
  const io = captureIo();
  assert.equal(await demo([], io), 0);
  assert.equal(io.errors(), '');
  const lines = io.output().split('\n');
  const marked = lines.filter((line) => /^[-+~] \S/.test(line) && !line.includes('by the proxy'));
  assert.deepEqual(
    marked.map((line) => line.split(/\s+/).slice(0, 2).join(' ')),
    ['- IDLE', '- Hidden'],
  );
  const both = lines.filter((line) => /^ {2}(\S+) +\1$/.test(line)).map((line) => line.trim().split(' ')[0]);
  assert.ok(both.includes('IMAP4rev1') && both.includes('LIST-STATUS'), lines.join('\n'));
  assert.ok(lines.some((line) => /^ {2}Entwürfe .* Entwürfe /.test(line)));
  assert.ok(lines.every((line) => line.length <= 100 && line === line.trimEnd()));
  assert.ok(lines.length <= 32, 'it fits on a screen');
});

test('without imapflow it says how to get it', async () => {
  const io = captureIo();
  const missing = Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
  assert.equal(await demo([], io, () => Promise.reject(missing)), 1);
  assert.match(io.errors(), /^imapveil demo: .*imapflow is not installed.*npm install.*\n$/);
  assert.equal(io.output(), '');
});

test('an argument is a mistake', async () => {
  const io = captureIo();
  assert.equal(await demo(['--fast'], io), 2);
  assert.match(io.errors(), /^imapveil demo: Unknown option '--fast'; see imapveil demo --help\n$/);
});
