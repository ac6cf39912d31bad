import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dependsOnCapability, refusedWithout } from '../../src/rewrite/hidden-capability.ts';

test('P9: the forms of APPEND that a hidden capability brings are refused in REPLACE as well (RFC 8508 §4.2)', () => {
  const table: readonly (readonly [capability: string, verb: string, text: string])[] = [
    ['CATENATE', 'APPEND', 'INBOX CATENATE (URL "/x/;UID=1")'],
    ['CATENATE', 'REPLACE', '4 INBOX CATENATE (URL "/x/;UID=1")'],
    ['CATENATE', 'UID REPLACE', '4 INBOX (\\Seen) catenate(URL "/x/;UID=1")'],
    ['BINARY', 'UID REPLACE', '4 INBOX ~{5}'],
  ];
  for (const [capability, verb, text] of table) {
    assert.ok(dependsOnCapability(verb, text), text);
    assert.equal(refusedWithout(new Set([capability]), verb, text), 'BAD Unknown arguments', text);
    assert.equal(refusedWithout(new Set(['IDLE']), verb, text), undefined, text);
  }
});

test('P9: CONDSTORE is in SORT and THREAD (RFC 7162 §3.1.5, RFC 5256), and in LIST-STATUS (RFC 5819), as elsewhere', () => {
  const table: readonly (readonly [verb: string, text: string])[] = [
    ['SORT', '(ARRIVAL) UTF-8 MODSEQ 1'],
    ['UID SORT', '(ARRIVAL) UTF-8 MODSEQ 1'],
    ['UID THREAD', 'REFERENCES UTF-8 MODSEQ 1'],
    ['LIST', '"" INBOX RETURN (STATUS (HIGHESTMODSEQ))'],
  ];
  for (const [verb, text] of table) {
    assert.ok(dependsOnCapability(verb, text), text);
    assert.equal(refusedWithout(new Set(['CONDSTORE']), verb, text), 'BAD Unknown arguments', text);
    assert.equal(refusedWithout(new Set(['IDLE']), verb, text), undefined, text);
  }
});

test('A6: a line of 64 KiB is judged in time, whatever is in it', () => {
  const long: readonly (readonly [verb: string, text: string])[] = [
    ['SEARCH', `SUBJECT "${'\\"'.repeat(32_000)}`],
    ['SELECT', '('.repeat(64_000)],
    ['LIST', 'RETURN ('.repeat(8000)],
  ];
  for (const [verb, text] of long) {
    const start = performance.now();
    assert.equal(refusedWithout(new Set(['CONDSTORE', 'LIST-STATUS', 'QRESYNC']), verb, text), undefined);
    assert.ok(performance.now() - start < 500, `${verb} took ${performance.now() - start} ms`);
  }
});

test('P9: what stands between two strings is in none of them', () => {
  const hidden = new Set(['CONDSTORE']);
  for (const text of [
    'SUBJECT "a "MODSEQ" b"',
    'SUBJECT "a" "MODSEQ" 1',
    'SUBJECT "\\"" MODSEQ 1 SUBJECT "\\""',
  ])
    assert.equal(refusedWithout(hidden, 'SEARCH', text), 'BAD Unknown arguments', text);
  assert.equal(refusedWithout(hidden, 'SEARCH', 'SUBJECT "a \\"MODSEQ\\" b"'), undefined);
});
