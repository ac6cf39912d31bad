import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  capabilityWords,
  findCapabilities,
  fromLatin1,
  latin1,
  NO_BYTES,
  readAstring,
  readCommandHead,
  readListArguments,
  readListResponse,
  readResponseHead,
  skipParenthesised,
} from '../../src/imap-parser-lite/index.ts';

test('the head of a command: tag, verb in upper case, where the arguments begin', () => {
  const table: readonly (readonly [line: string, expected: readonly unknown[] | undefined])[] = [
    ['a1 noop\r\n', ['a1', 'NOOP', undefined]],
    ['a1 Login joe x\r\n', ['a1', 'LOGIN', 9]],
    ['a.c#1 x-Y=Z\n', ['a.c#1', 'X-Y=Z', undefined]],
    ['a]b noop\r\n', undefined],
    ['a1 noop \r\n', ['a1', 'NOOP', 8]],
    ['a1\r\n', undefined],
    ['a1  noop\r\n', undefined],
    [' noop\r\n', undefined],
    ['+ noop\r\n', undefined],
    ['a+b noop\r\n', undefined],
    ['"a" noop\r\n', undefined],
    ['a1 "noop"\r\n', undefined],
    ['a1 {4}\r\n', undefined],
    ['a1 noop(x)\r\n', undefined],
    ['\r\n', undefined],
    ['', undefined],
    [`${'t'.repeat(255)} noop\r\n`, ['t'.repeat(255), 'NOOP', undefined]],
    [`${'t'.repeat(4096)} noop\r\n`, undefined],
  ];
  for (const [line, expected] of table) {
    const head = readCommandHead(fromLatin1(line));
    assert.deepEqual(head && [head.tag, head.verb, head.arguments], expected, JSON.stringify(line));
  }
});

test('the arguments of LIST that tell a question for the delimiter', () => {
  const table: readonly (readonly [line: string, expected: readonly string[] | undefined])[] = [
    ['"" ""', ['', '']],
    ['"" *', ['', '*']],
    ['(SUBSCRIBED RECURSIVEMATCH) "ref" %/x RETURN (CHILDREN)', ['ref', '%/x']],
    ['"" ("INBOX" "x")', undefined],
    ['"" {3}', undefined],
    ['""', undefined],
    ['(SUBSCRIBED', undefined],
  ];
  for (const [text, expected] of table) {
    const list = readListArguments(fromLatin1(`${text}\r\n`), 0);
    assert.deepEqual(list && [latin1(list.reference), latin1(list.pattern)], expected, text);
  }
});

test('P6: strings are unescaped when quoted, and never when literal', () => {
  const table: readonly (readonly [text: string, value: string | undefined])[] = [
    ['joe ', 'joe'],
    ['"joe" ', 'joe'],
    ['"j\\"o\\\\e" ', 'j"o\\e'],
    ['{4}\r\nj"\\e', 'j"\\e'],
    ['~{2+}\r\nab', 'ab'],
    ['{4}\r\nabc', undefined],
    ['"joe', undefined],
    ['"j\\oe"', undefined],
    ['"j\r\noe"', undefined],
    ['(', undefined],
    ['', undefined],
  ];
  for (const [text, value] of table) {
    const read = readAstring(fromLatin1(text), 0);
    assert.equal(read && latin1(read.value), value, JSON.stringify(text));
  }
});

test('parentheses are matched, and those inside strings are not counted', () => {
  const table: readonly (readonly [text: string, end: number | undefined])[] = [
    ['(a (b) c) d', 9],
    ['("(" ")\\"") x', 11],
    ['({1}\r\n) x) y', 10],
    ['(a', undefined],
    ['(a\r\n)', undefined],
    ['("a)', undefined],
  ];
  for (const [text, end] of table) assert.equal(skipParenthesised(fromLatin1(text), 0), end, text);
});

test('P8, P10: the head of a response', () => {
  const table: readonly (readonly [line: string, expected: readonly unknown[]])[] = [
    ['* ok ready\r\n', ['untagged', 'OK']],
    ['* 12 EXISTS\r\n', ['untagged', '12']],
    ['* LIST () "/" x\r\n', ['untagged', 'LIST']],
    ['a1 OK done\r\n', ['tagged', 'a1', 'OK']],
    ['a1 OK\r\n', ['tagged', 'a1', 'OK']],
    // Letters that are none of the protocol's stay as they are: no other length, no other word.
    ['* o\xdf\xe9k\xffz{ x\r\n', ['untagged', 'O\xdf\xe9K\xffZ{']],
    ['+ go on\r\n', ['continuation']],
    ['+\r\n', ['continuation']],
    ['+go\r\n', ['continuation']],
    ['+go on\r\n', ['continuation']],
    ['*\r\n', ['unknown']],
    ['\r\n', ['unknown']],
    [' x\r\n', ['unknown']],
  ];
  for (const [line, expected] of table) {
    const head = readResponseHead(fromLatin1(line));
    const seen = [head.kind, ...('tag' in head ? [head.tag] : []), ...('word' in head ? [head.word] : [])];
    assert.deepEqual(seen, expected, JSON.stringify(line));
  }
});

test('P8: capability lists of recorded greetings and answers; only a leading code counts', () => {
  const table: readonly (readonly [line: string, words: string | undefined])[] = [
    ['* OK [CAPABILITY IMAP4rev1 SASL-IR IDLE] Dovecot (Debian) ready.\r\n', 'IMAP4rev1|SASL-IR|IDLE'],
    ['* OK [capability IMAP4 IMAP4rev1 ] Gimap ready\r\n', 'IMAP4|IMAP4rev1'],
    ['* CAPABILITY IMAP4rev1 XYZZY SASL-IR \r\n', 'IMAP4rev1|XYZZY|SASL-IR'],
    ['a OK [CAPABILITY IMAP4rev1] done\r\n', 'IMAP4rev1'],
    ['* PREAUTH [CAPABILITY IMAP4rev1] hello\r\n', 'IMAP4rev1'],
    ['* CAPABILITY\r\n', ''],
    ['* OK The Microsoft Exchange IMAP4 service is ready. [VABZADIAUABSADEAMwA=]\r\n', undefined],
    ['* OK ready [CAPABILITY IMAP4rev1]\r\n', undefined],
    ['* OK [CAPABILITYX IMAP4rev1] ready\r\n', undefined],
    ['* OK [CAPABILITY IMAP4rev1 ready\r\n', undefined],
    ['* OK [CAPA\r\n', undefined],
    ['* LIST (CAPABILITY) "/" [CAPABILITY\r\n', undefined],
    ['+ [CAPABILITY IMAP4rev1] x\r\n', undefined],
  ];
  for (const [text, words] of table) {
    const line = fromLatin1(text);
    const span = findCapabilities(line, readResponseHead(line));
    assert.equal(span && capabilityWords(line, span).join('|'), words, text);
  }
});

test('P26, P27: LIST, LSUB and XLIST with any delimiter, name and extended data', () => {
  const table: readonly (readonly [text: string, expected: readonly string[] | undefined])[] = [
    ['* LIST (\\A \\B) "/" INBOX', ['\\A \\B', 'INBOX', '']],
    ['* list () NIL "a \\"b\\""', ['', 'a "b"', '']],
    ['* LSUB () "\\\\" x', ['', 'x', '']],
    ['* XLIST (\\Inbox) "." {3}\r\na)b', ['\\Inbox', 'a)b', '']],
    ['* LIST () "/" x ("CHILDINFO" ("SUBSCRIBED"))', ['', 'x', ' ("CHILDINFO" ("SUBSCRIBED"))']],
    ['* LIST () "/" x ("OLDNAME" ({3}\r\na b))', ['', 'x', ' ("OLDNAME" ({3}\r\na b))']],
    ['* LIST (\\Noselect) "" ""', ['\\Noselect', '', '']],
    ['* LIST () "/" "x"y', undefined],
    ['* LIST () "/"', undefined],
    ['* LIST () "//" x', undefined],
    ['* LIST \\A "/" x', undefined],
    ['* LIST () "/" {5}\r\nab', undefined],
    ['* STATUS x (MESSAGES 1)', undefined],
  ];
  for (const [text, expected] of table) {
    const response = fromLatin1(`${text}\r\n`);
    const list = readListResponse(response);
    const seen = list && [
      latin1(response, list.attributes.start, list.attributes.end),
      latin1(list.name),
      latin1(response, list.nameEnd, list.end),
    ];
    assert.deepEqual(seen, expected, text);
  }
});

test('P26: a response is read the same, whichever was read before it', () => {
  const heads = [
    '* LIST () "/" ',
    '* LIST () "." ',
    '* LIST (\\A) NIL ',
    '* lsub () "/" ',
    '* LIST () "\\\\" ',
    '* LIST () {1}\r\n/ ',
  ];
  const names = [
    'x',
    '"a \\"b\\""',
    '""',
    '{3}\r\na)b',
    '"/',
    '',
    'x ("CHILDINFO" ("SUBSCRIBED"))',
    '"."',
    '"\\" x',
  ];
  const responses = heads.flatMap((head) => names.map((name) => fromLatin1(`${head}${name}\r\n`)));
  // One that ends within what the other begins with.
  responses.push(...heads.map((head) => fromLatin1(head.slice(0, -1))), NO_BYTES);
  for (const before of responses) {
    const parts = readListResponse(before);
    if (parts === undefined) continue;
    for (const response of responses)
      assert.deepEqual(
        readListResponse(response, { response: before, parts }),
        readListResponse(response),
        `${latin1(response)} after ${latin1(before)}`,
      );
  }
});
