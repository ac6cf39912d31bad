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
