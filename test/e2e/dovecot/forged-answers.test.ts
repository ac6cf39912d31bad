/**
 * A real Dovecot says back what it does not understand, line ends and all. Whoever puts one into a literal writes the
 * server's next response: a `+` for data that the server runs as commands, a capability list without what is hidden (P3).
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Dovecot, startDovecot } from '../../support/dovecot.ts';
import { type RunningProxy, startProxy } from '../../support/proxy.ts';
import { RawImap } from '../../support/raw-imap.ts';
import { without } from '../../support/required.ts';

const skip = without('dovecot');
let dovecot: Dovecot;
let proxy: RunningProxy;

before(async () => {
  if (skip) return;
  dovecot = await startDovecot();
  const { ports, certificates } = dovecot;
  proxy = await startProxy({
    listen: ['tls'],
    certificates,
    upstream: { port: ports.imap, encryption: 'none' },
  });
});

after(async () => {
  await proxy?.stop();
  await dovecot?.stop();
});

const forgeries: readonly string[] = ['SEARCH @', 'UID SEARCH @', 'SORT (@', 'APPEND INBOX CATENATE (URL @'];

test('P3: no response of a server is of the making of a client', { skip, timeout: 60_000 }, async () => {
  for (const forgery of forgeries) {
    const client = await RawImap.open(proxy.endpoint(0, 'tls'), dovecot.account('alice'));
    await client.ok('SELECT INBOX');
    const literal = 'x\n* CAPABILITY FORGED\ny';
    const [begin = ''] = forgery.split('@');
    client.send(
      `a ${begin}{${literal.length}}\r\n${literal}${begin.includes('(') ? ')' : ''}\r\nb LOGOUT\r\n`,
    );
    assert.doesNotMatch(await client.rest(), /^\* CAPABILITY FORGED/m, forgery);
  }
});

/** What stands before a command in the line of an APPEND at whose fault Dovecot stops reading. */
const halves: readonly string[] = [
  'APPEND INBOX "x ',
  'APPEND nope (\\Seen) "x ',
  'APPEND INBOX CATENATE (URL "x ',
  'APPEND INBOX \x7f ',
  'APPEND INBOX CATENATE (x)x ',
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

test('P7: no half of a line is a command', { skip, timeout: 60_000 }, async () => {
  for (const half of halves.flatMap((each) => [each, `${each}x `])) {
    const client = await RawImap.open(proxy.endpoint(0, 'tls'), dovecot.account('alice'));
    client.send(`a ${half}CREATE Smuggled\r\nb LOGOUT\r\n`);
    await client.rest();
    const direct = await RawImap.open(dovecot.endpoint('none'), dovecot.account('alice'));
    const { untagged } = await direct.ok('LIST "" Smuggled');
    await direct.logout();
    assert.deepEqual(untagged, [], half);
  }
});
