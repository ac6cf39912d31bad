import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1, latin1, readResponseHead } from '../../src/imap-parser-lite/index.ts';
import { readNamespaces, writeNamespaces } from '../../src/rewrite/namespaces.ts';

/** The folders asked about with `|` between them, and the response without those that have Hidden in their name. */
function judged(text: string): readonly [asked: string, left: string] {
  const response = fromLatin1(`${text}\r\n`);
  const head = readResponseHead(response);
  assert.ok(head.kind === 'untagged');
  const groups = readNamespaces(response, head.text);
  const folders = groups.flat().flatMap(({ folder }) => (folder === undefined ? [] : [latin1(folder)]));
  const left = writeNamespaces(groups, ({ folder }) => !folder || !latin1(folder).includes('Hidden'));
  return [
    folders.map((folder) => folder.slice('* LIST () '.length, -2)).join('|'),
    latin1(left).slice(0, -2),
  ];
}

test('P29: the namespaces of an answer, each asked about as the folder of its prefix', () => {
  const table: readonly (readonly [response: string, asked: string, left: string])[] = [
    ['* NAMESPACE (("" "/")) NIL NIL', '', '* NAMESPACE (("" "/")) NIL NIL'],
    ['* NAMESPACE (("" NIL)) NIL nil', '', '* NAMESPACE (("" NIL)) NIL NIL'],
    [
      '* namespace (("INBOX." ".")) NIL (("Hidden." "."))',
      '"." "INBOX"|"." "Hidden"',
      '* NAMESPACE (("INBOX." ".")) NIL NIL',
    ],
    [
      '* NAMESPACE (("" "/")("#mh/" "/" "X-P" ("a" "(")) ("Hidden/" "/" "TRANSLATION" ("Versteckt/"))) (("~" "/")) NIL',
      '"/" "#mh"|"/" "Hidden"|"/" "~"',
      '* NAMESPACE (("" "/")("#mh/" "/" "X-P" ("a" "("))) (("~" "/")) NIL',
    ],
    [
      '* NAMESPACE NIL (({8}\r\nHidden\\\\ "\\\\")("a\\\\" "\\\\")) NIL',
      '"\\\\" "Hidden\\\\"|"\\\\" "a"',
      '* NAMESPACE NIL (("a\\\\" "\\\\")) NIL',
    ],
  ];
  for (const [response, asked, left] of table) assert.deepEqual(judged(response), [asked, left], response);
});

test('P29: of an answer to NAMESPACE that cannot be read nothing is told', () => {
  for (const response of [
    '* NAMESPACE ((Hidden))',
    '* NAMESPACE (("Hidden/" "/") NIL NIL',
    '* NAMESPACE ("Hidden/" "/") NIL NIL',
    '* NAMESPACE Hidden',
    '* NAMESPACE',
  ]) {
    assert.deepEqual(judged(response), ['', '* NAMESPACE NIL NIL NIL'], response);
  }
});
