/** Texts from the wire: each byte a character, and no more memory kept than the text needs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { latin1 } from '../../src/imap-parser-lite/bytes.ts';

const LENGTHS = [0, 1, 12, 13, 14, 64, 65, 4095, 4096, 5000];

test('every byte is one character, in short texts and long ones, whole and in part', () => {
  for (const length of LENGTHS) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 7) % 256);
    const expected = Buffer.from(bytes).toString('latin1');
    assert.equal(latin1(bytes), expected);
    assert.equal(latin1(bytes, 1), expected.slice(1));
    assert.equal(latin1(bytes, 2, Math.max(2, length - 3)), expected.slice(2, Math.max(2, length - 3)));
  }
});

test('names that are kept take about as much memory as they have letters', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const name = Buffer.from('Archive/2026/Folder 000000');
  const held = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = held();
  const names = Array.from({ length: 20_000 }, (_, at) => {
    name.write(String(at).padStart(6, '0'), name.length - 6);
    return latin1(name);
  });
  const each = (held() - before) / names.length;
  assert.equal(names.at(-1), 'Archive/2026/Folder 019999');
  assert.ok(each < 120, `${Math.round(each)} bytes for a name of ${name.length}`);
});
