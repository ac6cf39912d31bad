/**
 * Authentication through the proxy: what passes and whose name is read from it, in front of a real
 * Dovecot, with every password, token and SASL message looked for in the proxy's log, which is at debug.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Dovecot, startDovecot } from '../../support/dovecot.ts';
import type { Account, Endpoint } from '../../support/endpoint.ts';
import { type RunningProxy, startProxy, uncounted } from '../../support/proxy.ts';
import { RawImap } from '../../support/raw-imap.ts';
import { without } from '../../support/required.ts';
import {
  authenticate,
  cramMd5,
  login,
  oauthBearer,
  plain,
  type SaslClient,
  scram,
  spellingsOf,
  tokenFor,
  xoauth2,
} from '../../support/sasl.ts';
import { removeFolder, temporaryFolder } from '../../support/temporary-folder.ts';

const tokenSecret = 'shared between the issuer of tokens and Dovecot';

const mechanisms: readonly {
  readonly name: string;
  readonly client: (account: Account) => SaslClient;
  readonly secret: 'password' | 'token';
}[] = [
  { name: 'PLAIN', client: plain, secret: 'password' },
  { name: 'LOGIN', client: login, secret: 'password' },
  { name: 'CRAM-MD5', client: cramMd5, secret: 'password' },
  { name: 'SCRAM-SHA-1', client: (account) => scram('sha1', account), secret: 'password' },
  { name: 'SCRAM-SHA-256', client: (account) => scram('sha256', account), secret: 'password' },
  { name: 'XOAUTH2', client: xoauth2, secret: 'token' },
  { name: 'OAUTHBEARER', client: oauthBearer, secret: 'token' },
];
const fronts = ['tls', 'starttls'] as const;
const userOf = (mechanism: string) => `${mechanism.toLowerCase()}-user`;
/** Nothing of the user's name is in it, for the name may be in the log. */
const passwordOf = (user: string) => `"${createHash('sha256').update(user).digest('base64url')}" \\ +`;

describe('SASL through the proxy', { skip: without('dovecot', 'openssl') }, () => {
  let folder: string;
  let dovecot: Dovecot;
  let proxy: RunningProxy;
  /** Whatever must not be found in the proxy's log. */
  const secrets = new Set<string>([tokenSecret]);

  before(async () => {
    folder = await temporaryFolder();
    // Dovecot checks tokens itself: default/ALGORITHM/default is where it looks for the key of a token.
    const keys = join(folder, 'keys', 'default', 'HS256');
    await mkdir(keys, { recursive: true });
    await writeFile(join(keys, 'default'), Buffer.from(tokenSecret).toString('base64'));
    await writeFile(
      join(folder, 'oauth2.conf'),
      [
        'introspection_mode = local',
        `local_validation_key_dict = fs:posix:prefix=${folder}/keys/`,
        'username_attribute = sub',
        '',
      ].join('\n'),
    );
    const users = [...mechanisms.map(({ name }) => userOf(name)), 'one', 'two', 'three'];
    dovecot = await startDovecot({
      users: Object.fromEntries(users.map((user) => [user, passwordOf(user)])),
      settings: [
        'auth_mechanisms = plain login cram-md5 digest-md5 scram-sha-1 scram-sha-256 xoauth2 oauthbearer external',
        'passdb {',
        '  driver = oauth2',
        '  mechanisms = xoauth2 oauthbearer',
        `  args = ${folder}/oauth2.conf`,
        '}',
      ],
    });
    proxy = await startProxy({
      listen: ['tls', 'starttls'],
      certificates: dovecot.certificates,
      upstream: { port: dovecot.ports.imaps, encryption: 'tls' },
      limits: uncounted,
    });
  });
  after(async () => {
    // Each to its end even where another one fails, which then fails this hook.
    const stopped = await Promise.allSettled([proxy?.stop(), dovecot?.stop()]);
    if (folder !== undefined) await removeFolder(folder);
    for (const result of stopped) if (result.status === 'rejected') throw result.reason;
  });

  const endpoint = (front: Endpoint['security']) => proxy.endpoint(front === 'tls' ? 0 : 1, front);
  const greeted = async (to: Endpoint): Promise<RawImap> => {
    const imap = await RawImap.connect(to);
    await imap.response();
    if (to.security === 'starttls') await imap.startTls();
    return imap;
  };
  /** The account, its secrets noted. */
  const accountOf = (user: string, secret: 'password' | 'token', right: boolean): Account => {
    const password =
      secret === 'token'
        ? tokenFor(user, right ? tokenSecret : 'another secret than the one of Dovecot')
        : `${passwordOf(user)}${right ? '' : ' and wrong'}`;
    secrets.add(password);
    return { user, password };
  };
  /** Runs the exchange, and keeps what the client sent behind the command as secrets. */
  const exchange = async (imap: RawImap, client: SaslClient, start: 'initial' | 'asked') => {
    const { tagged, sent } = await authenticate(imap, client, start);
    for (const line of sent) {
      const message = line.replace(/^\S+ AUTHENTICATE \S+ ?/, '');
      // The user's name alone, as LOGIN sends it, is no secret.
      if (message.length > 12 && !userNames.has(message)) secrets.add(message);
    }
    return tagged;
  };
  const userNames = new Set(mechanisms.map(({ name }) => Buffer.from(userOf(name)).toString('base64')));

  for (const { name, client, secret } of mechanisms) {
    for (const front of fronts) {
      for (const start of ['initial', 'asked'] as const) {
        if (start === 'initial' && name === 'CRAM-MD5') continue;
        test(`${name}, front ${front}, first message ${start === 'initial' ? 'with the command' : 'when asked'}`, async () => {
          const before = proxy.log.length;
          const imap = await greeted(endpoint(front));
          const tagged = await exchange(imap, client(accountOf(userOf(name), secret, true)), start);
          assert.match(tagged, /^\S+ OK \[CAPABILITY [^\]]+\] Logged in\r\n$/);
          assert.match((await imap.ok('LIST "" INBOX')).untagged.join(''), /INBOX/);
          await imap.logout();
          await proxy.logged(new RegExp(`"user":"${userOf(name)}".*"session ended"`), before);
        });
      }
    }

    test(`${name} with a wrong ${secret}: Dovecot's answer, and a failed login in the log`, async () => {
      const before = proxy.log.length;
      const account = accountOf(userOf(name), secret, false);
      const [direct, relayed] = await Promise.all(
        [dovecot.endpoint('tls'), endpoint('tls')].map(async (to) => {
          const imap = await greeted(to);
          const tagged = await exchange(imap, client(account), 'asked');
          await imap.logout();
          return tagged;
        }),
      );
      assert.match(direct ?? '', /^\S+ NO \[AUTHENTICATIONFAILED\]/);
      assert.equal(relayed, direct);
      const failed = await proxy.logged(/"login failed"/, before);
      assert.equal(failed.user, userOf(name));
    });
  }

  test('DIGEST-MD5 and EXTERNAL, which Dovecot offers, are not shown and refused (P20)', async () => {
    const direct = await greeted(dovecot.endpoint('tls'));
    const imap = await greeted(endpoint('tls'));
    const shown = async (from: RawImap) => (await from.ok('CAPABILITY')).untagged.join('');
    assert.match(await shown(direct), /AUTH=DIGEST-MD5.*AUTH=EXTERNAL/);
    assert.doesNotMatch(await shown(imap), /DIGEST-MD5|EXTERNAL/);
    for (const command of [
      'AUTHENTICATE DIGEST-MD5',
      'authenticate external =',
      'AUTHENTICATE "EXTERNAL" =',
    ]) {
      const { untagged, tagged } = await imap.command(command);
      assert.deepEqual(untagged, [], 'no + was sent');
      assert.match(tagged, /^\S+ NO /);
    }
    direct.close();
    await imap.logout();
  });

  /** What is sent behind `AUTHENTICATE PLAIN` in place of a SASL message. */
  const disturbed = [
    { name: 'cancelled', line: '*' },
    { name: 'no base64', line: 'this is not base64!' },
    { name: 'a line that reads like a command (P11)', line: 'a LOGOUT' },
    { name: 'a line that ends like a literal', line: 'a LOGIN {5+}' },
    { name: 'an empty line', line: '' },
    { name: 'a message of 20 KiB', line: 'QUFB'.repeat(5 * 1024) },
  ];
  for (const { name, line } of disturbed) {
    test(`an exchange with ${name} is answered by Dovecot, and the session goes on`, async () => {
      const [direct, relayed] = await Promise.all(
        [dovecot.endpoint('tls'), endpoint('tls')].map(async (to) => {
          const imap = await greeted(to);
          const tag = imap.nextTag();
          imap.send(`${tag} AUTHENTICATE PLAIN\r\n`);
          const asked = await imap.response();
          imap.send(`${line}\r\n`);
          const seen = [asked, await imap.response().catch(() => 'the end')];
          const goesOn = await imap.command('NOOP').then(
            ({ tagged }) => tagged,
            () => 'the end',
          );
          imap.close();
          // Where Dovecot closes without a word, the proxy says that it did.
          return [...seen, goesOn].filter((each) => !each.startsWith('* BYE The mail server closed'));
        }),
      );
      assert.deepEqual(relayed, name === 'a message of 20 KiB' ? direct?.slice(0, -1) : direct);
      assert.equal(relayed?.[0], '+ \r\n');
      if (name !== 'a message of 20 KiB') assert.match(relayed?.[2] ?? '', /^\S+ OK NOOP/);
    });
  }

  test('exchanges side by side, a bad one among them, do not disturb each other (A14)', async () => {
    const open = () => greeted(endpoint('tls'));
    const [first, second, bad] = await Promise.all([open(), open(), open()]);
    // All three are in the middle of their exchange at the same time.
    for (const imap of [first, second, bad]) imap.send('x AUTHENTICATE PLAIN\r\n');
    for (const imap of [first, second, bad]) assert.match(await imap.response(), /^\+/);
    bad.send('AAAA\r\n');
    const message = ({ user, password }: Account) => Buffer.from(`\0${user}\0${password}`).toString('base64');
    const accounts = ['one', 'two'].map((user) => accountOf(user, 'password', true));
    second.send(`${message(accounts[1]!)}\r\n`);
    first.send(`${message(accounts[0]!)}\r\n`);
    for (const imap of [first, second]) assert.match(await imap.response(), /^x OK /);
    assert.match(await bad.response(), /^x (NO|BAD) /);
    // Each is in the mailbox of its own user (A12).
    await first.ok('CREATE only-of-one');
    assert.match((await first.ok('LIST "" only-of-*')).untagged.join(''), /only-of-one/);
    assert.deepEqual((await second.ok('LIST "" only-of-*')).untagged, []);
    const again = await exchange(bad, plain(accountOf('three', 'password', true)), 'initial');
    assert.match(again, / OK /);
    for (const imap of [first, second, bad]) imap.close();
  });

  // Runs last: every session above is in the log by now.
  test('no secret is in the log, in no spelling', async () => {
    await proxy.stop();
    const log = proxy.log.map((entry) => JSON.stringify(entry)).join('\n');
    assert.ok(secrets.size > 20);
    assert.match(log, /login failed/);
    for (const secret of secrets)
      for (const spelling of spellingsOf(secret))
        assert.ok(!log.includes(spelling), `found in the log: ${spelling.slice(0, 60)}`);
  });
});
