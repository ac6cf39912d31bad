/**
 * A real Dovecot sees literals where the grammar has none, and says `+` for each. Whoever makes the proxy take that
 * `+` for another command's literal has logins run that nobody counted, and no script was asked about (P3, P4).
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Dovecot, startDovecot } from '../../support/dovecot.ts';
import { type RunningProxy, startProxy } from '../../support/proxy.ts';
import { quoted, RawImap } from '../../support/raw-imap.ts';
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

/**
 * What goes before a literal in which a LOGIN stands on a line of its own. In its decoy the server sees a literal as
 * long as the line that announces that one, which is 13 bytes.
 */
const decoys: readonly string[] = [
  'a NOOP (){13}\r\nb NOOP ',
  'a NOOP "x"{13}\r\nb NOOP ',
  'a NOOP {3}\r\nabc{13}\r\nb NOOP ',
  // Dovecot says `+` before it sees that `{3}` is no literal.
  'b NOOP {3} ',
];

test('P3: no + that is for another literal makes commands of what the proxy takes for data', {
  skip,
  timeout: 60_000,
}, async () => {
  const { user, password } = dovecot.account('alice');
  const smuggled = `\r\nx LOGIN ${user} ${quoted(password)}\r\n`;
  for (const decoy of decoys) {
    const client = await RawImap.connect(proxy.endpoint(0, 'tls'));
    await client.response();
    client.send(`${decoy}{${smuggled.length}}\r\n${smuggled}\r\n`);
    client.send('c LOGOUT\r\n');
    assert.doesNotMatch(await client.rest(), /^x OK/m, `behind ${JSON.stringify(decoy)}`);
  }
  const honest = await RawImap.open(proxy.endpoint(0, 'tls'), dovecot.account('bob'));
  await honest.logout();
  const log = await dovecot.log();
  assert.match(log, /Login: user=<bob>/);
  assert.doesNotMatch(log, /Login: user=<alice>/);
});
