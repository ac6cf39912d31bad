/** A8: what a client or a server sent cannot start a log line of its own, steer a terminal, or fill the disk. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { printable } from '../../src/observe/printable.ts';

const cases: readonly (readonly [name: string, input: Uint8Array | string, expected: string])[] = [
  ['text', 'a1 LOGIN', 'a1 LOGIN'],
  ['letters of any script', 'Entwürfe 草稿 🗑', 'Entwürfe 草稿 🗑'],
  ['the same as bytes', Buffer.from('Entwürfe 草稿 🗑'), 'Entwürfe 草稿 🗑'],
  ['a forged line', 'x\r\n{"level":"info"}', 'x\\r\\n{"level":"info"}'],
  ['a terminal sequence', '\x1b[2J\x07', '\\x1b[2J\\x07'],
  ['the 8-bit form of it', '\u009b2J', '\\u009b2J'],
  ['the 8-bit form as a byte', Uint8Array.of(0x9b, 0x32, 0x4a), '\\x9b2J'],
  ['NUL, TAB and DEL', '\0\t\x7f', '\\x00\\t\\x7f'],
  ['a forged escape', '\\x1b', '\\\\x1b'],
  ['bytes that are not UTF-8', Uint8Array.of(0x61, 0xff, 0xc3, 0x28, 0xc0, 0xaf), 'a\\xff\\xc3(\\xc0\\xaf'],
  ['a surrogate in UTF-8', Uint8Array.of(0xed, 0xa0, 0x80), '\\xed\\xa0\\x80'],
  ['half a surrogate pair', 'a\ud800b', 'a\\ud800b'],
  ['half a character at the end', Uint8Array.of(0x61, 0xf0, 0x9f), 'a\\xf0\\x9f'],
  ['text that turns its direction', 'user\u202egpj', 'user\\u202egpj'],
  ['what cannot be seen', '\u200b\u2028\ufeff', '\\u200b\\u2028\\ufeff'],
];

test('control characters are written out', () => {
  for (const [name, input, expected] of cases) assert.equal(printable(input), expected, name);
});

test('the limit cuts between escapes and says so', () => {
  assert.equal(printable('abcdef', 6), 'abcdef');
  assert.equal(printable('abcdefg', 6), 'abcdef…');
  assert.equal(printable('abcd\x1bx', 6), 'abcd…');
  assert.equal(printable('a'.repeat(1_000_000)).length, 201);
  assert.equal(printable(Buffer.alloc(10_000_000, 0xff)).length, 201);
  assert.equal(printable(Buffer.from('é'.repeat(300)), 200), `${'é'.repeat(200)}…`);
});

test('no input whatever becomes anything but one bounded line without control characters', () => {
  const input = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.uint8Array({ maxLength: 300 }));
  fc.assert(
    fc.property(input, (bytes) => {
      const line = printable(bytes);
      assert.doesNotMatch(line, /\p{Cc}|\p{Surrogate}|[\u2028\u2029]/u);
      assert.ok(line.length <= 201);
    }),
  );
});
