import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeMailboxName, fromLatin1, latin1 } from '../../src/imap-parser-lite/index.ts';
import { namedMailbox, nameKey, readFolder, writeFolder } from '../../src/rewrite/list.ts';

const response = fromLatin1(
  '* LIST (\\HasNoChildren \\Sent) "/" "Entw&APw-rfe" ("CHILDINFO" ("SUBSCRIBED"))\r\n',
);
const folder = readFolder(response, 'modified-utf7')!;

function written(attributes: string | undefined, extended: string | undefined): string {
  const result = writeFolder(
    folder,
    attributes === undefined ? undefined : fromLatin1(attributes),
    extended === undefined ? undefined : fromLatin1(extended),
  );
  return result instanceof Uint8Array ? latin1(result) : `fault: ${result.fault}`;
}

test('a folder is handed to the script in plain UTF-8', () => {
  assert.equal(new TextDecoder().decode(folder.name), 'Entwürfe');
  assert.equal(latin1(folder.attributes), '\\HasNoChildren \\Sent');
  assert.equal(latin1(folder.extended), ' ("CHILDINFO" ("SUBSCRIBED"))');
});

test('what a script did not change leaves as the very bytes that came', () => {
  assert.equal(writeFolder(folder, undefined, undefined), response);
  assert.equal(writeFolder(folder, folder.attributes.slice(), folder.extended.slice()), response);
});

test('attributes and extended data are replaced in their places, name and delimiter stay', () => {
  const table: readonly (readonly [string | undefined, string | undefined, string])[] = [
    ['\\Trash', undefined, '* LIST (\\Trash) "/" "Entw&APw-rfe" ("CHILDINFO" ("SUBSCRIBED"))\r\n'],
    ['', undefined, '* LIST () "/" "Entw&APw-rfe" ("CHILDINFO" ("SUBSCRIBED"))\r\n'],
    ['  \\HasNoChildren   $Junk ', '', '* LIST (\\HasNoChildren $Junk) "/" "Entw&APw-rfe"\r\n'],
    [undefined, ' ("X" (y))', '* LIST (\\HasNoChildren \\Sent) "/" "Entw&APw-rfe" ("X" (y))\r\n'],
    [undefined, '("X" ")")', '* LIST (\\HasNoChildren \\Sent) "/" "Entw&APw-rfe" ("X" ")")\r\n'],
  ];
  for (const [attributes, extended, expected] of table) assert.equal(written(attributes, extended), expected);
});

test('a value that would break out of its place is a fault', () => {
  for (const attributes of [
    '\\A) "/" x',
    '(',
    '"',
    '\\A\r\n* LIST',
    '\\A\0',
    '{5}',
    '\\\\A',
    '\\',
    '\xe9',
    '\\*',
  ]) {
    assert.match(written(attributes, undefined), /^fault: the attributes/, attributes);
  }
  for (const extended of [
    ' x',
    ' (x',
    ' (x))',
    ' (x) y',
    ' (x)\r\n* BYE',
    ' ("x)',
    ' (x\0)',
    ' ({3}\r\nabc)',
    '  (x)',
  ]) {
    assert.match(written(undefined, extended), /^fault: the extended/, extended);
  }
});

test('a word that only the server would write may stay, and no other like it', () => {
  const strange = readFolder(
    fromLatin1('* LIST (\\HasNoChildren \\X[1] caf\xe9 a%b \\\\c) "/" Sent\r\n'),
    'modified-utf7',
  )!;
  const returned = (attributes: string): string => {
    const result = writeFolder(strange, fromLatin1(attributes), undefined);
    return result instanceof Uint8Array ? latin1(result) : `fault: ${result.fault}`;
  };
  assert.equal(
    returned('\\X[1] caf\xe9 a%b \\\\c \\Sent'),
    '* LIST (\\X[1] caf\xe9 a%b \\\\c \\Sent) "/" Sent\r\n',
  );
  for (const other of ['\\X[2]', '\\x[1]', 'caf\xe8', '\\X[1]\r\n']) {
    assert.match(returned(`\\X[1] ${other}`), /^fault: the attributes/, other);
  }
});

test('a word of the server that would break out of its place does not stay where something changes', () => {
  for (const word of ['(x)', '"x"', 'x}', 'a\x01', 'a\x7f']) {
    const read = readFolder(fromLatin1(`* LIST (\\A ${word}) "/" Sent\r\n`), 'modified-utf7')!;
    const result = writeFolder(read, fromLatin1(`${word} \\Sent`), undefined);
    assert.ok(!(result instanceof Uint8Array), word);
  }
});

test('whatever a script returns, one response leaves, with the name that came', () => {
  fc.assert(
    fc.property(fc.option(fc.uint8Array()), fc.option(fc.uint8Array()), (attributes, extended) => {
      const result = writeFolder(folder, attributes ?? undefined, extended ?? undefined);
      if (!(result instanceof Uint8Array)) return;
      const again = readFolder(result, 'modified-utf7');
      assert.ok(again);
      assert.deepEqual(again.name, folder.name);
      assert.equal(latin1(result).indexOf('\r\n'), result.length - 2);
    }),
  );
});

test('P27: every spelling of a mailbox has one key; INBOX has one in any case', () => {
  const spellings = [
    '* STATUS Hidden (X 1)',
    '* STATUS "Hidden" (X 1)',
    '* STATUS {6}\r\nHidden (X 1)',
    '* STATUS &AEg-idden (X 1)',
  ];
  for (const spelling of spellings)
    assert.equal(namedMailbox(fromLatin1(`${spelling}\r\n`), 'modified-utf7'), 'Hidden', spelling);
  assert.equal(namedMailbox(fromLatin1('* STATUS inbox (X 1)\r\n'), 'modified-utf7'), 'INBOX');
  assert.equal(namedMailbox(fromLatin1('* STATUS &AOk- (X 1)\r\n'), 'utf8'), '&AOk-');
  assert.equal(namedMailbox(fromLatin1('* STATUS (X 1)\r\n'), 'modified-utf7'), undefined);
});

test('a name that is not valid modified UTF-7 is seen as it came', () => {
  for (const name of ['bro&ken', 'caf\xe9', '&AGEA-']) {
    const read = readFolder(fromLatin1(`* LIST () "/" "${name}"\r\n`), 'modified-utf7');
    assert.equal(read && latin1(read.name), name);
  }
});

test('any folder name is read back from its wire form', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
      const utf8 = new TextEncoder().encode(name);
      const wire = latin1(encodeMailboxName(utf8)!);
      const quoted = `"${wire.replace(/["\\]/g, '\\$&')}"`;
      for (const spelling of [quoted, `{${wire.length}}\r\n${wire}`]) {
        const read = readFolder(fromLatin1(`* LSUB () "." ${spelling}\r\n`), 'modified-utf7');
        assert.equal(read && nameKey(read.name), nameKey(utf8));
      }
    }),
  );
});
