import assert from 'node:assert/strict';
import { test } from 'node:test';
import { argumentsStandApart, fromLatin1 } from '../../src/imap-parser-lite/index.ts';

test('A18: arguments that stand apart, for every reader', () => {
  for (const text of [
    ' ',
    ' x',
    ' "x y" {5}',
    ' x (\\Seen $Label) "01-Jan-2026 00:00:00 +0000" ~{5+}',
    ' x (\\Seen ) ()  (a (b "c")) {5}',
    ' x CATENATE (URL "/a \\"b\\";UID=1" TEXT {5}',
    ' UTF8 (~{5}',
  ])
    assert.ok(argumentsStandApart(fromLatin1(`${text}\r\n`), 1), text);
});

test('A18: arguments of which a reader may take the rest for something else', () => {
  for (const text of [
    ' "x',
    ' x "',
    ' (x "y',
    ' "x"y',
    ' "x""y"',
    ' x"y"',
    ' "\\x"',
    ' "x\\"',
    ' (x)y',
    ' (x)(y)',
    ' x(y)',
    ' (x)"y"',
    ' "x"(y)',
    ' ((x)y)',
  ])
    assert.ok(!argumentsStandApart(fromLatin1(`${text}\r\n`), 1), text);
});

test('A18: behind a literal comes a space, the end of its list, or nothing', () => {
  for (const text of ['', ' x {1}', ')', ') (\\Seen) {1}', ' TEXT {1}'])
    assert.ok(argumentsStandApart(fromLatin1(`${text}\r\n`), 0), text);
  for (const text of ['x', '"x"', '(x)', ')x', ' "'])
    assert.ok(!argumentsStandApart(fromLatin1(`${text}\r\n`), 0), text);
});
