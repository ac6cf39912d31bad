import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1, latin1 } from '../../src/imap-parser-lite/index.ts';
import { withoutVeil } from '../../src/rewrite/veil.ts';

test('P29: the veil is taken out of atoms, quoted strings, text and literals', () => {
  const table: readonly (readonly [veiled: string, without: string])[] = [
    ['a NO no such folder: a/V-x\r\n', 'a NO no such folder: a/x\r\n'],
    ['* MYRIGHTS "V-x y" lrs\r\n', '* MYRIGHTS "x y" lrs\r\n'],
    ['* ACL {5}\r\nV-a"b id lrs\r\n', '* ACL {3}\r\na"b id lrs\r\n'],
    ['* METADATA {4}\r\na"V- (/x {4}\r\nV-ab)\r\n', '* METADATA {2}\r\na" (/x {2}\r\nab)\r\n'],
  ];
  for (const [veiled, without] of table)
    assert.equal(latin1(withoutVeil(fromLatin1(veiled), fromLatin1('V-'))), without);
  const untouched = fromLatin1('* 1 FETCH (BODY[] {2}\r\nxy)\r\n');
  assert.equal(withoutVeil(untouched, fromLatin1('V-')), untouched);
});
