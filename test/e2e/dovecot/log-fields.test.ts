/** docs/logs.md says which fields a line has, and of which type; a real session in front of Dovecot has these and no others. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Dovecot, startDovecot } from '../../support/dovecot.ts';
import { documentedFields } from '../../support/log-fields.ts';
import { type LogEntry, type RunningProxy, startProxy } from '../../support/proxy.ts';
import { RawImap } from '../../support/raw-imap.ts';
import { without } from '../../support/required.ts';

const script = `
function DoCapability(ip, capabilities)
  return (string.gsub(capabilities, " IDLE ", " "))
end
function DoListResult(name) return name ~= "Junk" and name ~= "Trash" end
`;

/** Fields that each line has, or may have, of whatever kind it is. */
const everywhere = documentedFields('Every line');

function namesOf(heading: string, which: 'all' | 'always'): string[] {
  const own = documentedFields(heading);
  assert.ok(own.length > 3, `docs/logs.md has no table under ${heading}`);
  const fields = [...everywhere.filter(({ optional }) => !optional), ...own];
  return fields
    .filter(({ optional }) => which === 'all' || !optional)
    .map(({ name }) => name)
    .sort();
}

function assertTypes(entry: LogEntry, heading: string): void {
  const documented = [...everywhere, ...documentedFields(heading)];
  for (const [name, value] of Object.entries(entry))
    assert.equal(typeof value, documented.find((field) => field.name === name)?.type, name);
}

function wordsOf(text: string): string[] {
  return /CAPABILITY ([^\]\r]*)/.exec(text)![1]!.split(' ');
}

describe('the fields of the log', { skip: without('dovecot', 'openssl') }, () => {
  let dovecot: Dovecot;
  let proxy: RunningProxy;
  before(async () => {
    dovecot = await startDovecot();
    proxy = await startProxy({
      listen: ['starttls', 'tls'],
      certificates: dovecot.certificates,
      upstream: { port: dovecot.endpoint('starttls').port, encryption: 'starttls' },
      script,
      logLevel: 'info',
    });
  });
  after(async () => {
    await proxy?.stop();
    await dovecot?.stop();
  });

  test('a session with everything has every documented field, and says what happened in it', async () => {
    const direct = await RawImap.open(dovecot.endpoint('tls'), dovecot.account('alice'));
    const offered = wordsOf((await direct.ok('CAPABILITY')).untagged[0]!);
    await direct.logout();

    const client = await RawImap.connect(proxy.endpoint(1, 'tls'));
    await client.response();
    const wrong = Buffer.from('\0alice\0wrong').toString('base64');
    assert.match((await client.command(`AUTHENTICATE PLAIN ${wrong}`)).tagged, / NO /);
    await client.login(dovecot.account('alice'));
    const shown = wordsOf((await client.ok('CAPABILITY')).untagged[0]!);
    await client.ok('LIST "" "*"');
    await client.command('NONSENSE');
    await client.logout();

    const failed = await proxy.logged(/"msg":"login failed"/);
    assert.deepEqual(Object.keys(failed).sort(), namesOf('login failed', 'all'));
    assertTypes(failed, 'login failed');
    assert.deepEqual(
      [failed.client, failed.serverport, failed.user, failed.mechanism, failed.code],
      ['127.0.0.1', proxy.ports[1], 'alice', 'PLAIN', 'AUTHENTICATIONFAILED'],
    );

    const ended = await proxy.logged(/"msg":"session ended"/);
    assert.deepEqual(Object.keys(ended).sort(), namesOf('session ended', 'all'));
    assertTypes(ended, 'session ended');
    const { time, duration, bytesFromClient, bytesFromUpstream, ...rest } = ended;
    assert.deepEqual(rest, {
      level: 'info',
      session: failed.session,
      client: '127.0.0.1',
      serverport: proxy.ports[1],
      user: 'alice',
      mechanism: 'LOGIN',
      login: 'ok',
      tls: true,
      tlsVersion: 'TLSv1.3',
      tlsCipher: 'TLS_AES_128_GCM_SHA256',
      upstream: `127.0.0.1:${dovecot.ports.imap}`,
      commands: 6,
      foldersHidden: 2,
      capabilitiesRemoved: offered.filter((word) => !shown.includes(word)).length,
      cause: 'logout',
      reason: 'the client logged out',
      msg: 'session ended',
    });
    assert.ok(Number(rest.capabilitiesRemoved) > 0);
    assert.ok(Number(bytesFromUpstream) > 500 && Number(bytesFromClient) > 100, JSON.stringify(ended));
    assert.ok(Number(duration) > 0 && !Number.isNaN(Date.parse(String(time))));
  });

  test('a session in the clear without a login has every field that is not optional', async () => {
    const before = proxy.log.length;
    const client = await RawImap.connect(proxy.endpoint(0, 'none'));
    await client.response();
    await client.logout();
    const ended = await proxy.logged(/"msg":"session ended"/, before);
    assert.deepEqual(Object.keys(ended).sort(), [...namesOf('session ended', 'always'), 'upstream'].sort());
    assertTypes(ended, 'session ended');
    assert.deepEqual([ended.login, ended.tls, ended.commands], ['none', false, 1]);
  });

  test('who only failed to log in is named with what was tried last, after STARTTLS with its TLS', async () => {
    const before = proxy.log.length;
    const client = await RawImap.connect(proxy.endpoint(0, 'starttls'));
    await client.response();
    await client.startTls();
    await client.command('LOGIN bob wrong');
    await client.command('LOGIN nobody wrong');
    await client.logout();
    const ended = await proxy.logged(/"msg":"session ended"/, before);
    assert.deepEqual(
      [ended.login, ended.user, ended.mechanism, ended.tlsVersion],
      ['failed', 'nobody', 'LOGIN', 'TLSv1.3'],
    );
    assert.equal(proxy.log.slice(before).filter(({ msg }) => msg === 'login failed').length, 2);
  });

  test('who is logged in and tries to be somebody else stays in the log as who he is', async () => {
    const before = proxy.log.length;
    const client = await RawImap.open(proxy.endpoint(1, 'tls'), dovecot.account('alice'));
    await client.command('LOGIN bob wrong');
    await client.logout();
    const ended = await proxy.logged(/"msg":"session ended"/, before);
    assert.deepEqual([ended.login, ended.user], ['ok', 'alice']);
  });
});
