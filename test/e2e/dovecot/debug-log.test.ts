/**
 * Observation without leaking: at `debug` the log shows a session's conversation with Dovecot, whoever the client
 * is, and whatever the way to log in, and nothing of what is secret. At `info` it shows none of it.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { curl } from '../../support/clients/curl.ts';
import { withImapFlow } from '../../support/clients/imapflow.ts';
import { type Dovecot, startDovecot } from '../../support/dovecot.ts';
import { type RunningProxy, startProxy } from '../../support/proxy.ts';
import { quoted, RawImap } from '../../support/raw-imap.ts';
import { without } from '../../support/required.ts';
import { findSecret } from '../../support/secrets.ts';

const body = 'Subject: never in a log\r\n\r\nWhat a message says stays in the message.\r\n';

describe('the log at debug', { skip: without('dovecot', 'openssl', 'curl') }, () => {
  let dovecot: Dovecot;
  let proxy: RunningProxy;
  let quiet: RunningProxy;
  before(async () => {
    dovecot = await startDovecot({ settings: ['auth_mechanisms = plain login cram-md5'] });
    const options = {
      listen: ['starttls', 'tls'],
      certificates: dovecot.certificates,
      upstream: { port: dovecot.ports.imap, encryption: 'none' },
    } as const;
    proxy = await startProxy(options);
    quiet = await startProxy({ ...options, logLevel: 'info' });
  });
  after(async () => {
    // Each looks through all that it wrote.
    await Promise.all([proxy?.stop(), quiet?.stop()]);
    await dovecot?.stop();
  });

  const conversation = () =>
    proxy.log
      .filter(({ msg }) => msg === 'conversation')
      .map(({ from, text }) => `${String(from)}: ${String(text)}`);

  test('every way to log in, right and wrong', async () => {
    const { user, password } = dovecot.account('alice');
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const ways: readonly (readonly string[])[] = [
      [`LOGIN ${user} ${quoted(password)}`],
      [`LOGIN {${user.length}+}\r\n${user} {${password.length}+}\r\n${password}`],
      [`LOGIN {${user.length}}`, `${user} {${password.length}}`, password],
      [`AUTHENTICATE PLAIN ${base64(`\0${user}\0${password}`)}`],
      ['AUTHENTICATE PLAIN', base64(`\0${user}\0${password}`)],
      ['AUTHENTICATE LOGIN', base64(user), base64(password)],
      ['AUTHENTICATE LOGIN', base64(user), base64(`${password}x`)],
      [`LOGIN ${user} ${quoted(`x${password}`)}`],
      [`LOGN ${user} ${quoted(password)}`],
      [`AUTHENTICATE ${password.slice(0, 6)} x`],
    ];
    for (const [first = '', ...rest] of ways) {
      const client = await RawImap.connect(proxy.endpoint(0, 'none'));
      await client.response();
      client.send(`a ${first}\r\n`);
      for (const line of rest) {
        assert.match(await client.response(), /^\+/, first);
        client.send(`${line}\r\n`);
      }
      await client.reply('a');
      client.close();
    }
    const said = conversation();
    for (const line of [
      'client: a AUTHENTICATE LOGIN',
      'client: <SASL response, 8 bytes>',
      'client: a LOGIN <3 bytes> {5}',
      'client: <literal, 5 bytes>',
    ])
      assert.ok(said.includes(line), `${line} is not in\n${said.join('\n')}`);
    assert.ok(said.some((line) => /^client: a LOGIN <\d+ bytes>$/.test(line)));
    assert.ok(said.some((line) => /^client: a AUTHENTICATE PLAIN <\d+ bytes>$/.test(line)));
    assert.ok(said.some((line) => /^client: <unknown command, \d+ bytes>$/.test(line)));
    assert.ok(said.some((line) => /^server: a NO \[AUTHENTICATIONFAILED\]/.test(line)));
    assert.equal(findSecret(said.join('\n')), undefined);
  });

  test('curl and imapflow, a message up and down', async () => {
    const account = dovecot.account('bob');
    await curl(proxy.endpoint(1, 'tls'), account).upload('INBOX', Buffer.from(body));
    await withImapFlow(proxy.endpoint(0, 'starttls'), account, async (client) => {
      const lock = await client.getMailboxLock('INBOX');
      const message = await client.fetchOne('1', { source: true, envelope: true, bodyParts: ['1'] });
      if (!message) assert.fail('there is no message');
      assert.match(String(message.source), /stays in the message/);
      lock.release();
    });
    const said = conversation();
    assert.ok(said.some((line) => /^client: \S+ APPEND /.test(line)));
    assert.ok(said.includes(`client: <literal, ${body.length} bytes>`));
    assert.ok(said.some((line) => /^server: \* 1 FETCH \(/.test(line)));
    assert.ok(said.includes(`server: <literal, ${body.length} bytes>`));
    assert.doesNotMatch(said.join('\n'), /never in a log|stays in the message/);
  });

  test('at info nothing of it', async () => {
    await curl(quiet.endpoint(1, 'tls'), dovecot.account('bob')).folders();
    await quiet.logged(/session ended/);
    assert.ok(!quiet.log.some(({ msg }) => msg === 'conversation'));
  });
});
