/**
 * Dovecot does not throw away the rest of a line in which it could not read an argument of APPEND: it runs that as a
 * command. What the proxy let through as one command would be two, and the second one nobody has looked at (A18).
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Dovecot, startDovecot } from '../../support/dovecot.ts';
import { type RunningProxy, startProxy } from '../../support/proxy.ts';
import { RawImap } from '../../support/raw-imap.ts';
import { without } from '../../support/required.ts';
import { hideFolders } from '../../support/scripts.ts';

const skip = without('dovecot');
let dovecot: Dovecot;
let plain: RunningProxy;
let enforcing: RunningProxy;

before(async () => {
  if (skip) return;
  dovecot = await startDovecot();
  await dovecot.createFolders('alice', ['Visible', 'Secret']);
  const { ports, certificates } = dovecot;
  const options = {
    listen: ['tls'],
    certificates,
    upstream: { port: ports.imap, encryption: 'none' },
  } as const;
  plain = await startProxy(options);
  enforcing = await startProxy({ ...options, script: hideFolders(['Secret']), hooks: { enforce: true } });
});

after(async () => {
  await plain?.stop();
  await enforcing?.stop();
  await dovecot?.stop();
});

/** What Dovecot stumbles over; the command behind it is run. */
const stumblingBlocks: readonly string[] = [
  'APPEND "Visible" "',
  'APPEND Visible "',
  'APPEND Visible (\\Seen "',
  'APPEND Visible (\\Seen) "01-Jan-2026 00:00:00 +0000" "',
  'APPEND Visible {1+}\r\nx "',
  'APPEND Visible {1+}\r\nx (\\Seen "',
  'APPEND {7+}\r\nVisible "',
  'APPEND Visible CATENATE (x)',
  'APPEND Visible CATENATE (URL "x")',
  'APPEND Visible CATENATE (TEXT {1+}\r\nx URL)',
  'APPEND Visible CATENATE (TEXT {1+}\r\nx y)',
  'APPEND Visible CATENATE (TEXT {1+}\r\nx) "',
];

/** What it could stumble over. */
const others: readonly string[] = [
  'APPEND INBOX \x7f ',
  'APPEND nope CATENATE (TEXT {1+}\r\na x)x ',
  'APPEND INBOX\x01 ',
  'APPEND INBOX\x01',
  'APPEND \x80 ',
  'APPEND INBOX \xff',
  'APPEND INBOX (\\Seen\x01) ',
  'APPEND INBOX (\\Seen \x80',
  'APPEND INBOX (\\Seen{) ',
  'APPEND INBOX x{',
  'APPEND INBOX\t',
  'APPEND INBOX (\t',
  'APPEND INBOX "x\x80" \x1f',
  'APPEND INBOX "x\x01',
  'APPEND INBOX %',
  'APPEND INBOX *',
  'APPEND ]',
  'APPEND INBOX ~',
  'APPEND INBOX ~{',
  'APPEND INBOX (((',
  'APPEND INBOX \\',
  'APPEND INBOX "01-Jan-2020 00:00:00 +0000" ',
  'APPEND INBOX "nonsense" ',
  'APPEND INBOX () () ',
  'APPEND INBOX (\\Recent) ',
  'APPEND INBOX UTF8 ',
  'APPEND INBOX UTF8 (',
  'APPEND INBOX CATENATE ',
  'APPEND INBOX CATENATE () ',
  'APPEND INBOX CATENATE (URL ',
  'APPEND INBOX CATENATE (URL x y ',
  'APPEND INBOX CATENATE (TEXT ',
  'APPEND ',
  'APPEND',
];

test('A18: Dovecot runs what stands behind an argument of APPEND that it cannot read', { skip }, async () => {
  const client = await RawImap.open(dovecot.endpoint('none'), dovecot.account('alice'));
  client.send(`a APPEND Visible (\\Seen "b SELECT Secret\r\n`);
  assert.match((await client.reply('b')).tagged, /^b OK/);
  client.close();
});

test('A18: through the proxy it runs nothing that was in the line of another command', {
  skip,
  timeout: 60_000,
}, async () => {
  for (const proxy of [plain, enforcing]) {
    for (const block of [...stumblingBlocks, ...others]) {
      for (const tag of ['b ', '']) {
        const client = await RawImap.open(proxy.endpoint(0, 'tls'), dovecot.account('alice'));
        client.send(`a ${block}${tag}SELECT Secret\r\nc LOGOUT\r\n`);
        assert.doesNotMatch(await client.rest(), /^b |EXISTS/m, JSON.stringify(block));
      }
    }
  }
});

test('what APPEND may hold is taken', { skip }, async () => {
  const client = await RawImap.open(plain.endpoint(0, 'tls'), dovecot.account('alice'));
  for (const rest of [
    '(\\Seen $Label) "01-Jan-2026 00:00:00 +0000" {1+}\r\nx () {1+}\r\nx',
    '(\\Seen ) {1+}\r\nx',
    'CATENATE (TEXT {1+}\r\nx TEXT {1+}\r\ny) (\\Seen) CATENATE (TEXT {1+}\r\nz)',
  ])
    await client.ok(`APPEND Visible ${rest}`);
  await client.logout();
});
