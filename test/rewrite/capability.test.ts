import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  capabilityWords,
  findCapabilities,
  fromLatin1,
  latin1,
  readResponseHead,
} from '../../src/imap-parser-lite/index.ts';
import {
  areCapabilityWords,
  essentialCapabilities,
  forScript,
  honestCapabilities,
  isCapabilityWord,
  writeCapabilities,
} from '../../src/rewrite/capability.ts';
import { knownList } from '../../src/rewrite/known-lists.ts';
import { refuse, refusedByDefault } from '../../src/rewrite/refused.ts';

const secure = { offersStartTls: false, refusesLogin: false, refused: refusedByDefault };

test('the list is honest about the proxy before the script sees it', () => {
  const table: readonly (readonly [words: string, view: typeof secure, expected: string])[] = [
    ['IMAP4rev1 STARTTLS IDLE', secure, 'IMAP4rev1 IDLE'],
    ['IMAP4rev1 starttls IDLE', { ...secure, offersStartTls: true }, 'IMAP4rev1 starttls IDLE'],
    ['IMAP4rev1 IDLE', { ...secure, offersStartTls: true }, 'IMAP4rev1 IDLE STARTTLS'],
    [
      'IMAP4rev1 AUTH=PLAIN SASL-IR',
      { ...secure, offersStartTls: true, refusesLogin: true },
      'IMAP4rev1 STARTTLS LOGINDISABLED',
    ],
    ['IMAP4rev1 LOGINDISABLED', secure, 'IMAP4rev1 LOGINDISABLED'],
    ['COMPRESS=DEFLATE auth=gssapi AUTH=DIGEST-MD5 AUTH=EXTERNAL LOGIN-REFERRALS', secure, ''],
    ['AUTH=SCRAM-SHA-1 AUTH=SCRAM-SHA-256', secure, 'AUTH=SCRAM-SHA-1 AUTH=SCRAM-SHA-256'],
    ['AUTH=SCRAM-SHA-1 AUTH=scram-sha-256-plus AUTH=PLAIN', secure, 'AUTH=PLAIN'],
  ];
  for (const [words, view, expected] of table)
    assert.equal(honestCapabilities(words.split(' '), view).join(' '), expected, words);
});

test('a script finds every word between two spaces', () => {
  assert.equal(forScript(['IMAP4rev1', 'IDLE']), ' IMAP4rev1 IDLE ');
});

test('the words are written back where they stood, and untouched lines stay the very same', () => {
  const line = fromLatin1('* OK [CAPABILITY IMAP4rev1  IDLE ] ready\r\n');
  const span = findCapabilities(line, readResponseHead(line))!;
  const original = capabilityWords(line, span);
  assert.equal(writeCapabilities(line, span, original, ['IMAP4rev1', 'IDLE']), line);
  const without = writeCapabilities(line, span, original, ['IMAP4rev1']);
  assert.equal(latin1(without), '* OK [CAPABILITY IMAP4rev1] ready\r\n');
});

test('onError hide leaves what a login needs', () => {
  assert.equal(
    essentialCapabilities(' IMAP4rev1 IMAP4rev2 IDLE AUTH=PLAIN SASL-IR STARTTLS X '),
    'IMAP4rev1 IMAP4rev2 AUTH=PLAIN SASL-IR STARTTLS',
  );
});

test('a word that could end the code it stands in is none', () => {
  for (const word of ['IDLE', 'AUTH=PLAIN', 'X-Y.Z', 'RIGHTS=ektx']) assert.ok(isCapabilityWord(word), word);
  for (const word of ['', 'X]', 'A B', 'A\r\nB', '"x"', '(x)', '{5}', 'x\\', '\x7f', '*'])
    assert.ok(!isCapabilityWord(word), word);
});
test('words are judged alike, one by one and all at once', () => {
  for (let code = 0; code < 256; code++) {
    if (code === 0x20) continue;
    const word = `A${String.fromCharCode(code)}Z`;
    assert.equal(areCapabilityWords(` IMAP4rev1 ${word} IDLE `), isCapabilityWord(word), `byte ${code}`);
  }
  assert.ok(areCapabilityWords('  IDLE   ID '));
});

test('what is remembered of a list is of that list, that view and those refusals alone', () => {
  const all = refuse({ mechanisms: [], capabilities: [], channelBinding: false });
  const lists = ['IMAP4rev1 AUTH=GSSAPI', 'IMAP4rev1 AUTH=PLAIN starttls', 'IMAP4rev1'];
  const seen = (): string[] =>
    lists.flatMap((text) =>
      [secure, { ...secure, offersStartTls: true }, { ...secure, refused: all }].map((view) => {
        const { words, upperCase, refused, honest } = knownList(text, view);
        assert.deepEqual(honest, honestCapabilities(text.split(' '), view));
        return `${words} / ${[...upperCase]} / ${refused} / ${honest}`;
      }),
    );
  assert.deepEqual(seen(), seen());
  for (let at = 0; at < 200; at++) assert.ok(knownList(`X${at}`, secure).upperCase.has(`X${at}`));
});
