/** A real server that takes no password on an unencrypted connection, which is how the proxy was told to connect. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Dovecot, startDovecot } from '../../support/dovecot.ts';
import { type RunningProxy, startProxy } from '../../support/proxy.ts';
import { RawImap } from '../../support/raw-imap.ts';
import { without } from '../../support/required.ts';
import { sessionsEnded } from '../../support/sessions-ended.ts';

const skip = without('dovecot');
let dovecot: Dovecot;
let proxy: RunningProxy;

before(async () => {
  if (skip) return;
  dovecot = await startDovecot({
    settings: [
      'disable_plaintext_auth = yes',
      // To Dovecot a client with its own address is as good as encrypted.
      'service imap-login {',
      '  inet_listener imap {',
      '    address = 127.0.0.1, 127.0.0.2',
      '  }',
      '}',
    ],
  });
  const { ports, certificates } = dovecot;
  const upstream = { port: ports.imap, servers: [{ host: '127.0.0.2' }], encryption: 'none' } as const;
  proxy = await startProxy({ listen: ['tls'], certificates, upstream, logLevel: 'info' });
});

after(async () => {
  await proxy?.stop();
  await dovecot?.stop();
});

test('the log says once what is to be set', { skip, timeout: 60_000 }, async () => {
  for (const _ of ['first', 'second']) {
    const client = await RawImap.connect(proxy.endpoint(0, 'tls'));
    assert.match(await client.response(), / LOGINDISABLED\]/);
    await client.logout();
  }
  await sessionsEnded(proxy, 2);
  const warnings = proxy.log.filter(({ msg }) => String(msg).includes('LOGINDISABLED'));
  assert.deepEqual(
    warnings.map(({ level, msg }) => [level, msg]),
    [
      [
        'warn',
        'the server takes no logins (LOGINDISABLED) without TLS: set upstream.encryption to tls or starttls',
      ],
    ],
  );
});
