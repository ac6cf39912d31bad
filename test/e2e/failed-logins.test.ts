/**
 * Guessed passwords in front of a server that counts what reaches it: slowed down, refused before the password is
 * asked for (P12), together in all workers and, with Redis, in all proxies; and nobody else notices.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { freePorts } from '../support/ports.ts';
import { type ProxyOptions, type RunningProxy, startProxy } from '../support/proxy.ts';
import { RawImap } from '../support/raw-imap.ts';
import { type Redis, startRedis } from '../support/redis.ts';
import { without } from '../support/required.ts';
import { type Peer, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { pidOf } from '../support/workers.ts';

const refusal = /^\S+ NO \[UNAVAILABLE\] Too many failed logins, try again later\r\n$/;

/** Three failures of one user are too many; the wait before that is short, so that no test waits. */
function limitsOf(failedLogins: object, store = 'memory') {
  return { store, failedLogins: { perUser: 3, perAddress: 6, delay: '10ms', ...failedLogins } };
}

/** `right` is the password of everybody, and `down` has the server say that it cannot tell. */
async function serve(peer: Peer): Promise<void> {
  peer.send('* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=LOGIN] ready\r\n');
  for (;;) {
    const [tag = '', verb = '', ...rest] = (await peer.line()).split(' ');
    const password = rest.join(' ');
    if (verb === 'LOGOUT') peer.send(`* BYE\r\n${tag} OK bye\r\n`);
    else if (verb !== 'LOGIN' || password.includes('right')) peer.send(`${tag} OK done\r\n`);
    else if (password.includes('down')) peer.send(`${tag} NO [UNAVAILABLE] try later\r\n`);
    else peer.send(`${tag} NO [AUTHENTICATIONFAILED] wrong\r\n`);
    if (verb === 'LOGOUT') peer.socket.end();
  }
}

describe('failed logins', { skip: without('openssl', 'redis-server') }, () => {
  let folder: string;
  let certificates: Certificates;
  let upstream: ScriptedServer;
  let redis: Redis;
  const running: RunningProxy[] = [];
  before(async () => {
    folder = await temporaryFolder();
    certificates = await makeCertificates(folder);
    upstream = await scriptedServer();
    upstream.behave(serve);
    redis = await startRedis();
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((proxy) => proxy.stop()));
  });
  after(async () => {
    await redis?.stop();
    await upstream?.stop();
    await removeFolder(folder);
  });

  const start = async (
    failedLogins: object = {},
    more: Partial<ProxyOptions> & { readonly store?: string } = {},
  ): Promise<RunningProxy> => {
    const { store = 'memory', ...options } = more;
    const proxy = await startProxy({
      listen: ['starttls'],
      certificates,
      upstream: { port: upstream.port, encryption: 'none' },
      limits: limitsOf(failedLogins, store),
      ...options,
    });
    running.push(proxy);
    return proxy;
  };

  /** One login on a connection of its own; the tagged answer. */
  const logIn = async (proxy: RunningProxy, user: string, password: string, from = '127.0.0.1') => {
    const imap = await RawImap.connect(proxy.endpoint(0, 'none'), { from });
    await imap.response();
    const { tagged } = await imap.command(`LOGIN ${user} ${password}`);
    await imap.logout();
    return tagged;
  };
  const fail = async (proxy: RunningProxy, user: string, times: number, from?: string) => {
    for (let time = 0; time < times; time++)
      assert.match(await logIn(proxy, user, 'wrong', from), / NO \[AUTHENTICATIONFAILED\]/);
  };

  test('the third failure of a user blocks: no password is asked for, none reaches the server (P12)', async () => {
    const proxy = await start();
    await fail(proxy, 'alice', 3);
    const heard = upstream.heard.length;
    assert.match(await logIn(proxy, 'Alice', 'right'), refusal);
    const imap = await RawImap.connect(proxy.endpoint(0, 'none'));
    await imap.response();
    imap.send('x LOGIN alice {5}\r\n');
    assert.match(await imap.response(), refusal, 'a literal gets its refusal and no continuation');
    const inPlain = Buffer.from('\0alice\0right').toString('base64');
    assert.match((await imap.command(`AUTHENTICATE PLAIN ${inPlain}`)).tagged, refusal);
    assert.ok(!upstream.heard.slice(heard).some((line) => /LOGIN|AUTHENTICATE|right/.test(line)));
    assert.match(await logIn(proxy, 'bob', 'right'), / OK /, 'others are unaffected');
    await imap.logout();
    const line = await proxy.logged(/"msg":"login refused"/);
    assert.deepEqual([line.user, line.by, line.client], ['Alice', 'user', '127.0.0.1']);
  });

  test('an address with six failures is refused, but for those who have logged in from there', async () => {
    const proxy = await start();
    assert.match(await logIn(proxy, 'carol', 'right', '127.0.0.5'), / OK /);
    for (let number = 0; number < 6; number++) await fail(proxy, `guess${number}`, 1, '127.0.0.5');
    assert.match(await logIn(proxy, 'bob', 'right', '127.0.0.5'), refusal);
    assert.equal((await proxy.logged(/"msg":"login refused"/)).by, 'address');
    assert.match(await logIn(proxy, 'carol', 'right', '127.0.0.5'), / OK /);
    assert.match(await logIn(proxy, 'bob', 'right', '127.0.0.6'), / OK /);
  });

  test('who has logged in from somewhere is not locked out there by guesses from elsewhere', async () => {
    const proxy = await start();
    assert.match(await logIn(proxy, 'dora', 'right', '127.0.0.7'), / OK /);
    await fail(proxy, 'dora', 3, '127.0.0.8');
    assert.match(await logIn(proxy, 'dora', 'right', '127.0.0.9'), refusal);
    assert.match(await logIn(proxy, 'dora', 'right', '127.0.0.7'), / OK /);
  });

  test('a server that cannot tell right from wrong locks nobody out; neither does an address in `except`', async () => {
    const proxy = await start({ except: ['127.0.0.64/26'] });
    for (let time = 0; time < 4; time++)
      assert.match(await logIn(proxy, 'erin', 'down'), / NO \[UNAVAILABLE\] try later/);
    await fail(proxy, 'erin', 4, '127.0.0.70');
    assert.match(await logIn(proxy, 'erin', 'right'), / OK /);
  });

  test('a login waits by its share of the limit, and a block is over in its time', async () => {
    const proxy = await start({ delay: '300ms', block: '1s' });
    await fail(proxy, 'frank', 2);
    const began = performance.now();
    await fail(proxy, 'frank', 1);
    assert.ok(performance.now() - began >= 199, 'two of three failures: two thirds of 300 ms');
    const delayed = proxy.log.filter(({ msg }) => String(msg).startsWith('login delayed'));
    assert.deepEqual(
      delayed.map(({ milliseconds }) => milliseconds),
      [100, 200],
    );
    for (;;) {
      const answer = await logIn(proxy, 'frank', 'right');
      if (/ OK /.test(answer)) break;
      assert.match(answer, refusal);
    }
    assert.ok(performance.now() - began >= 1000);
  });

  test('who hangs up before the answer to a password has failed', async () => {
    const proxy = await start();
    let guessed = () => {};
    upstream.behave(async (peer) => {
      peer.send('* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready\r\n');
      await peer.line();
      // As Dovecot, which answers a wrong password late; here never.
      guessed();
    });
    const inPlain = Buffer.from('\0victor\0guess').toString('base64');
    for (const guess of ['LOGIN victor guess', `AUTHENTICATE PLAIN ${inPlain}`, 'LOGIN victor guess']) {
      const lines = proxy.log.length;
      const hasArrived = new Promise<void>((resolve) => {
        guessed = resolve;
      });
      const imap = await RawImap.connect(proxy.endpoint(0, 'none'));
      await imap.response();
      imap.send(`x ${guess}\r\n`);
      await hasArrived;
      imap.close();
      const failed = await proxy.logged(/"msg":"login failed"/, lines);
      assert.deepEqual([failed.user, failed.code], ['victor', undefined]);
      const ended = await proxy.logged(/"msg":"session ended"/, lines);
      assert.deepEqual([ended.login, ended.user, ended.cause], ['failed', 'victor', 'client-closed']);
    }
    upstream.behave(serve);
    assert.match(await logIn(proxy, 'victor', 'right'), refusal);
  });

  test('several workers count together, and one that replaces another knows what it knew', async () => {
    const proxy = await start({}, { workers: 2 });
    for (let number = 0; number < 3; number++) {
      await fail(proxy, 'grace', 1);
      // What one worker has told is on its way to the other when its session has ended.
      await proxy.logged(/"msg":"session ended"/, proxy.log.length - 2);
    }
    assert.match(await logIn(proxy, 'grace', 'right'), refusal);
    assert.match(await logIn(proxy, 'grace', 'right'), refusal);
    const lines = proxy.log.length;
    process.kill(pidOf(proxy, 1), 'SIGKILL');
    await proxy.logged(/worker serves/, lines);
    for (let turn = 0; turn < 4; turn++) assert.match(await logIn(proxy, 'grace', 'right'), refusal);
    assert.match(await logIn(proxy, 'bob', 'right'), / OK /);
  });

  test('two proxies with one Redis count together, through its absence', async () => {
    const store = `redis://127.0.0.1:${redis.port}`;
    const [one, two] = await Promise.all([start({}, { store }), start({}, { store })]);
    for (const proxy of [one, two]) await proxy.logged(/limits.store answers/);
    await fail(one, 'heidi', 2);
    await fail(two, 'heidi', 1);
    for (const proxy of [one, two]) assert.match(await logIn(proxy, 'heidi', 'right'), refusal);

    await redis.stop();
    for (const proxy of [one, two]) await proxy.logged(/limits.store is of no use/);
    assert.match(await logIn(one, 'ivan', 'right'), / OK /, 'never a closed door');
    await fail(two, 'judy', 3);
    assert.match(await logIn(two, 'judy', 'right'), refusal);
    assert.match(await logIn(one, 'judy', 'right'), / OK /, 'the other one cannot know');

    const before = [one.log.length, two.log.length];
    await redis.start();
    await one.logged(/limits.store answers/, before[0]);
    await two.logged(/limits.store answers/, before[1]);
    await fail(two, 'ken', 3);
    assert.match(await logIn(one, 'ken', 'right'), refusal);
    for (const { log } of [one, two]) {
      const warnings = log.filter(({ msg }) => String(msg).startsWith('limits.store is of no use'));
      assert.equal(warnings.length, 1);
    }
  });

  test('rediss: with a certificate of an authority that is trusted, and with no other', async () => {
    const [tlsPort = 0] = await freePorts(1);
    const { ca, cert, key } = certificates;
    const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', ca];
    const secured = await startRedis('--tls-port', String(tlsPort), ...files, '--tls-auth-clients', 'no');
    try {
      const store = `rediss://localhost:${tlsPort}`;
      const trusting = { store, environment: { NODE_EXTRA_CA_CERTS: ca } };
      const [one, two] = await Promise.all([start({}, trusting), start({}, { store })]);
      await one.logged(/limits.store answers/);
      const { reason } = await two.logged(/limits.store is of no use/);
      assert.match(String(reason), /certificate/);
      assert.match(await logIn(two, 'mike', 'right'), / OK /);
    } finally {
      await secured.stop();
    }
  });

  test('a reload changes the limits, and forgets nothing', async () => {
    const proxy = await start({ perUser: 3 });
    await fail(proxy, 'laura', 2);
    await proxy.configure({ limits: limitsOf({ perUser: 2 }) });
    await proxy.reload();
    assert.match(await logIn(proxy, 'laura', 'right'), refusal);
  });
});
