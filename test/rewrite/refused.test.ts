/** What is refused, by default and as proxy.yaml says: hidden, refused when tried, and explained (P19, P20, P26). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { honestCapabilities } from '../../src/rewrite/capability.ts';
import {
  mechanismWorks,
  type RefusedWords,
  refuse,
  refusedByDefault,
  refusedWords,
  usuallyRefused,
  whyRefused,
} from '../../src/rewrite/refused.ts';

test('P19, P20: which mechanisms work', () => {
  const table: readonly (readonly [mechanism: string, bound: boolean, works: boolean])[] = [
    ['PLAIN', true, true],
    ['LOGIN', false, true],
    ['CRAM-MD5', false, true],
    ['NTLM', false, true],
    ['XOAUTH2', true, true],
    ['OAUTHBEARER', true, true],
    ['SCRAM-SHA-256', false, true],
    ['SCRAM-SHA-256', true, false],
    ['SCRAM-SHA-1-PLUS', false, false],
    ['GSSAPI', false, false],
    ['GSS-SPNEGO', false, false],
    ['KERBEROS_V4', false, false],
    ['DIGEST-MD5', false, false],
    ['EXTERNAL', false, false],
  ];
  for (const [mechanism, bound, works] of table)
    assert.equal(mechanismWorks(mechanism, bound), works, `${mechanism}, channel binding offered: ${bound}`);
});

test('the set is what proxy.yaml says', () => {
  const offered =
    'IMAP4rev1 IDLE auth=gssapi AUTH=NTLM AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-256-PLUS Compress=Deflate RIGHTS=kx';
  const table: readonly (readonly [changed: Partial<RefusedWords>, left: string, commands: string])[] = [
    [{}, 'IMAP4rev1 IDLE AUTH=NTLM RIGHTS=kx', 'COMPRESS RLIST RLSUB'],
    [{ mechanisms: ['NTLM'] }, 'IMAP4rev1 IDLE auth=gssapi RIGHTS=kx', 'COMPRESS RLIST RLSUB'],
    [
      { channelBinding: false },
      'IMAP4rev1 IDLE AUTH=NTLM AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-256-PLUS RIGHTS=kx',
      'COMPRESS RLIST RLSUB',
    ],
    [{ capabilities: ['IDLE'] }, 'IMAP4rev1 AUTH=NTLM Compress=Deflate RIGHTS=kx', 'IDLE'],
    [{ capabilities: [] }, 'IMAP4rev1 IDLE AUTH=NTLM Compress=Deflate RIGHTS=kx', ''],
  ];
  for (const [changed, left, commands] of table) {
    const refused = refuse({ ...usuallyRefused, ...changed });
    const words = offered.split(' ');
    const shown = honestCapabilities(words, { offersStartTls: false, refusesLogin: false, refused });
    const name = JSON.stringify(changed);
    assert.equal(shown.join(' '), left, name);
    assert.equal([...refused.commands].sort().join(' '), commands, name);
    // Hidden and reported are the same words, so that nothing vanishes without a reason.
    const gone = words.filter((word) => !shown.includes(word)).map((word) => word.toUpperCase());
    assert.deepEqual(refusedWords(words, refused), gone, name);
  }
});

test('P18: referrals are taken out of answers while either kind is refused', () => {
  assert.equal(refusedByDefault.referrals, true);
  assert.equal(refuse({ ...usuallyRefused, capabilities: ['LOGIN-REFERRALS'] }).referrals, true);
  assert.equal(refuse({ ...usuallyRefused, capabilities: ['COMPRESS=DEFLATE'] }).referrals, false);
});

test('each refused word has its reason in a sentence', () => {
  const table: readonly (readonly [word: string, reason: RegExp])[] = [
    [
      'AUTH=SCRAM-SHA-256',
      /^AUTH=SCRAM-SHA-256 is not shown to clients: the server offers channel binding, which/,
    ],
    ['AUTH=SCRAM-SHA-256-PLUS', /channel binding/],
    ['AUTH=GSSAPI', /may encrypt the conversation/],
    ['AUTH=EXTERNAL', /the proxy's identity/],
    ['COMPRESS=DEFLATE', /cannot read a compressed/],
    ['LOGIN-REFERRALS', /around the proxy/],
    ['IDLE', /proxy\.yaml refuses it/],
  ];
  for (const [word, reason] of table) assert.match(whyRefused(word), reason);
  for (const word of refusedWords(
    [...usuallyRefused.mechanisms.map((name) => `AUTH=${name}`), ...usuallyRefused.capabilities],
    refusedByDefault,
  ))
    assert.doesNotMatch(whyRefused(word), /proxy\.yaml/, `a default without a reason: ${word}`);
});
