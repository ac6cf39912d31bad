/** P18: a referral leads clients around the proxy; its code is taken out and nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLatin1, latin1, readResponseHead } from '../../src/imap-parser-lite/index.ts';
import { hasReferral, withoutReferral } from '../../src/rewrite/referral.ts';

const stripped: readonly (readonly [line: string, expected: string])[] = [
  ['a NO [REFERRAL imap://joe@other/] Try there', 'a NO Try there'],
  ['a OK [Referral IMAP://joe;AUTH=*@other/] Logged in, but', 'a OK Logged in, but'],
  ['* BYE [REFERRAL imap://other/ imap://third/] gone', '* BYE gone'],
  ['a NO [REFERRAL imap://[::1]/x] text', 'a NO text'],
  ['a NO [REFERRAL imap://a/] [REFERRAL imap://b/]  text', 'a NO text'],
  ['a NO [REFERRAL imap://a/][REFERRAL imap://b/] text', 'a NO text'],
  ['a NO [REFERRAL imap://a/] [ALERT] text', 'a NO [ALERT] text'],
  ['a NO [REFERRAL imap://a/]', 'a NO See another server'],
  ['a NO [REFERRAL imap://a/', 'a NO See another server'],
  ['a NO [REFERRAL]', 'a NO See another server'],
];

for (const [line, expected] of stripped) {
  test(line, () => {
    const bytes = fromLatin1(`${line}\r\n`);
    const head = readResponseHead(bytes);
    assert.ok(hasReferral(bytes, head));
    assert.equal(latin1(withoutReferral(bytes, head)), `${expected}\r\n`);
  });
}

for (const line of [
  'a NO text [REFERRAL imap://a/]',
  'a NO [REFERRALS x] text',
  'a NO [ALERT] [REFERRAL imap://a/] text',
  '* LIST () "/" [REFERRAL',
  '* 1 FETCH (BODY[REFERRAL])',
  '+ [REFERRAL imap://a/]',
  'a NO',
]) {
  test(`${line}: the very same bytes`, () => {
    const bytes = fromLatin1(`${line}\r\n`);
    const head = readResponseHead(bytes);
    assert.ok(!hasReferral(bytes, head));
    assert.equal(withoutReferral(bytes, head), bytes);
  });
}
