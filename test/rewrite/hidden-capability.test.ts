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
