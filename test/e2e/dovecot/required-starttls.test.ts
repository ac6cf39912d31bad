/**
 * Mode 3: no password is sent in the clear, because the refusal comes before the client is asked for it (P12),
 * and nothing that was sent in the clear counts after the handshake (P15).
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { curl } from '../../support/clients/curl.ts';
import { type Dovecot, startDovecot } from '../../support/dovecot.ts';
import type { Endpoint } from '../../support/endpoint.ts';
import { type RunningProxy, startProxy } from '../../support/proxy.ts';
import { quoted, RawImap } from '../../support/raw-imap.ts';
import { without } from '../../support/required.ts';
import { requireStartTls } from '../../support/scripts.ts';

const elsewhere = '127.0.0.2';

describe('STARTTLS required', { skip: without('dovecot', 'openssl', 'curl') }, () => {
  let dovecot: Dovecot;
  let proxy: RunningProxy;
  before(async () => {
    dovecot = await startDovecot();
    proxy = await startProxy({
      listen: ['starttls-required', 'starttls'],
      certificates: dovecot.certificates,
      upstream: { port: dovecot.ports.imap, encryption: 'none' },
      script: ([, second]) => requireStartTls(second, elsewhere),
    });
  });
  after(async () => {
    await proxy?.stop();
    await dovecot?.stop();
  });

  const ports = [
    { name: 'by the listener', place: 0, from: '127.0.0.1' },
    { name: 'by GetEncryption, for one address', place: 1, from: elsewhere },
  ];
  for (const { name, place, from } of ports) {
    describe(name, () => {
      const endpoint = (security: Endpoint['security']) => proxy.endpoint(place, security);
      const greeted = async () => {
        const client = await RawImap.connect(endpoint('starttls'), { from });
        return { client, greeting: await client.response() };
      };

      test('the capability list says so, and offers no way to send a password', async () => {
        const { client, greeting } = await greeted();
        const { untagged } = await client.ok('CAPABILITY');
        for (const list of [greeting, untagged.join('')]) {
          assert.match(list, / STARTTLS\b/);
          assert.match(list, / LOGINDISABLED\b/);
          assert.doesNotMatch(list, / AUTH=/);
        }
        client.close();
      });

      test('LOGIN {4} is refused and gets no continuation', async () => {
        const { client } = await greeted();
        client.send('a LOGIN {4}\r\n');
        assert.match(await client.response(), /^a NO \[PRIVACYREQUIRED\] /);
        // What the client sends instead of the literal is a command again.
        client.send('b NOOP\r\n');
        assert.match(await client.response(), /^b OK /);
        assert.doesNotMatch(client.transcript, /^\+/m);
        client.close();
      });

      test('every other way to send a password is refused too', async () => {
        const { client } = await greeted();
        const { user, password } = dovecot.account('alice');
        const inOne = Buffer.from(`\0${user}\0${password}`).toString('base64');
        for (const command of [
          `LOGIN ${user} ${quoted(password)}`,
          `LOGIN {${user.length}+}\r\n${user} {${password.length}+}\r\n${password}`,
        ]) {
          assert.match((await client.command(command)).tagged, /^\S+ NO \[PRIVACYREQUIRED\] /);
        }
        client.close();
        for (const command of ['AUTHENTICATE PLAIN', `AUTHENTICATE PLAIN ${inOne}`]) {
          const { client } = await greeted();
          assert.match((await client.command(command)).tagged, /^\S+ NO \[PRIVACYREQUIRED\] /);
          assert.doesNotMatch(client.transcript, /^\+/m);
          client.close();
        }
        // The log of the proxy is read by more people than may know passwords.
        const log = JSON.stringify(proxy.log);
        assert.ok(!log.includes(inOne) && !log.includes(JSON.stringify(password).slice(1, -1)));
      });

      test('nothing else gets through either, but CAPABILITY, NOOP and ID do', async () => {
        const { client } = await greeted();
        for (const command of ['CAPABILITY', 'NOOP', 'ID NIL']) await client.ok(command);
        assert.match((await client.command('SELECT INBOX')).tagged, /^\S+ (NO|BAD) /);
        assert.match((await client.command('LIST "" *')).tagged, /^\S+ (NO|BAD) /);
        assert.match((await client.command('LOGOUT')).tagged, /^\S+ OK /);
        await client.rest();
      });

      test('after STARTTLS the login is allowed', async () => {
        const client = await RawImap.open(endpoint('starttls'), dovecot.account('alice'), { from });
        assert.match((await client.ok('SELECT INBOX')).tagged, /READ-WRITE/);
        assert.match((await client.command('STARTTLS')).tagged, /^\S+ BAD /);
        await client.logout();
      });

      test('a command behind STARTTLS in the same segment is never answered', async () => {
        const { client } = await greeted();
        client.send('a STARTTLS\r\nb NOOP\r\n');
        const answers = await client.rest();
        assert.doesNotMatch(answers, /^b /m);
      });

      test('curl logs in with TLS and gives up without', async () => {
        const account = dovecot.account('bob');
        const folders = await curl(endpoint('starttls'), account, from).folders();
        assert.ok(folders.some((line) => line.endsWith('"/" INBOX')));
        // 67: the server denied the login. Nothing but a refusal may make it fail here.
        await assert.rejects(curl(endpoint('none'), account, from).folders(), /ended with 67/);
      });
    });
  }

  test('the same port asks nothing of other addresses', async () => {
    const client = await RawImap.connect(proxy.endpoint(1, 'none'));
    assert.doesNotMatch(await client.response(), /LOGINDISABLED/);
    await client.login(dovecot.account('alice'));
    await client.logout();
  });

  test('Dovecot was shown no login that was refused', async () => {
    const logins = (await dovecot.log())
      .split('\n')
      .filter((line) => /auth failed|Aborted login|Disconnected.*auth/.test(line));
    assert.deepEqual(
      logins.filter((line) => !/no auth attempts/.test(line)),
      [],
    );
  });
});
