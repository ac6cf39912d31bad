import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import {
  canonicalName,
  decodeMailboxName,
  encodeMailboxName,
  fromLatin1,
  latin1,
} from '../../src/imap-parser-lite/index.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

test('P27: names that are valid, as RFC 3501 §5.1.3 and other implementations write them', () => {
  const table: readonly (readonly [wire: string, name: string])[] = [
    ['INBOX', 'INBOX'],
    ['', ''],
    ['~peter/mail/&U,BTFw-/&ZeVnLIqe-', '~peter/mail/台北/日本語'],
    ['Entw&APw-rfe', 'Entwürfe'],
    ['R&-D', 'R&D'],
    ['&2D3eAA-', '😀'],
    ['&AGE-', 'a'],
  ];
  for (const [wire, name] of table) {
    assert.deepEqual(decodeMailboxName(fromLatin1(wire)), utf8(name), wire);
    if (wire !== '&AGE-') assert.equal(latin1(encodeMailboxName(utf8(name))!), wire);
  }
});

test('P27: names that are not valid are not guessed at', () => {
  for (const wire of [
    'a&',
    '&AGE',
    '&A-',
    '&AG-',
    '&AGEA-',
    '&2D0-',
    '&3gA-',
    '&3gDYPQ-',
    '&AP=-',
    'caf\xe9',
    '&AOl-',
  ]) {
    assert.equal(decodeMailboxName(fromLatin1(wire)), undefined, wire);
  }
});

test('any name survives the way to the wire and back, and another implementation agrees', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (name) => {
      const encoded = encodeMailboxName(utf8(name));
      assert.ok(encoded);
      assert.equal(latin1(encoded), latin1(iconv.encode(name, 'utf-7-imap')));
      assert.deepEqual(decodeMailboxName(encoded), utf8(name));
    }),
  );
});

test('no bytes make the decoder throw, and what it accepts is valid UTF-8', () => {
  const likely = fc.constantFrom(...'&-AGEzDY+,/ab'.split('').map((character) => character.charCodeAt(0)));
  fc.assert(
    fc.property(fc.uint8Array(), fc.array(likely), (random, chosen) => {
      for (const name of [random, Uint8Array.from(chosen)]) {
        const decoded = decodeMailboxName(name);
        if (decoded) new TextDecoder('utf-8', { fatal: true }).decode(decoded);
      }
    }),
  );
});

test('INBOX is one mailbox in any case, and nothing else is', () => {
  assert.deepEqual(canonicalName(utf8('inBox')), utf8('INBOX'));
  for (const name of ['inbo', 'inbox/a', 'INB0X', '\tnbox', 'iNbo\x18'])
    assert.deepEqual(canonicalName(utf8(name)), utf8(name));
});
