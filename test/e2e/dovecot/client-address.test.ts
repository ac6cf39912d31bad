/**
 * `upstream.clientAddress` in front of a Dovecot that believes it, and of one that does not: what counts is what
 * Dovecot writes into its log as the client's address and port.
 */
import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type Dovecot, startDovecot } from '../../support/dovecot.ts';
import { freePorts } from '../../support/ports.ts';
import { type ProxyOptions, type RunningProxy, startProxy } from '../../support/proxy.ts';
import { RawImap } from '../../support/raw-imap.ts';
import { without } from '../../support/required.ts';

/** What a balancer says in front, the client's end and the server's end. */
const behindBalancer = [
  ['PROXY TCP4 192.0.2.7 198.51.100.1 56324 1430', '192.0.2.7|56324|198.51.100.1|1430'],
  ['PROXY TCP6 2001:db8::7 2001:db8::1 1 65535', '2001:db8::7|1|2001:db8::1|65535'],
] as const;
/** Dovecot writes an IPv4 address that is told as IPv6 as it was told. */
const mixed = 'PROXY TCP6 ::ffff:192.0.2.9 2001:db8::1 7 143';

/** A Dovecot whose log names both ends of each session, and which has two more ports that want a PROXY header. */
async function start(
  ...settings: string[]
): Promise<{ dovecot: Dovecot; headed: number; headedTls: number }> {
  const [headed = 0, headedTls = 0] = await freePorts(2);
  const listener = (port: number, ...more: string[]) => [
    `  inet_listener headed-${port} {`,
    ...['address = 127.0.0.1', `port = ${port}`, 'haproxy = yes', ...more].map((line) => `    ${line}`),
    '  }',
  ];
  const dovecot = await startDovecot({
    settings: [
      'service imap-login {',
      ...listener(headed),
      ...listener(headedTls, 'ssl = yes'),
      '}',
      'auth_verbose = yes',
      'login_log_format_elements = user=<%u>|%r|%b|%l|%a|%{session}',
      ...settings,
    ],
  });
  return { dovecot, headed, headedTls };
}

describe('upstream.clientAddress', { skip: without('dovecot', 'openssl') }, () => {
  let believing: Awaited<ReturnType<typeof start>>;
  let doubting: Awaited<ReturnType<typeof start>>;
  before(async () => {
    const networks = ['haproxy_trusted_networks', 'login_trusted_networks'];
    [believing, doubting] = await Promise.all([
      start(...networks.map((setting) => `${setting} = 127.0.0.0/8`)),
      start(),
    ]);
  });
  after(async () => {
    await believing?.dovecot.stop();
    await doubting?.dovecot.stop();
  });

  const startInFront = async (
    context: TestContext,
    { dovecot, headed, headedTls }: typeof believing,
    clientAddress: 'id' | 'proxy-v2',
    encryption: ProxyOptions['upstream']['encryption'],
    more: Partial<ProxyOptions> = {},
  ): Promise<RunningProxy> => {
    const { imap, imaps } = dovecot.ports;
    const [plain, tls] = clientAddress === 'id' ? [imap, imaps] : [headed, headedTls];
    const proxy = await startProxy({
      listen: ['starttls'],
      certificates: dovecot.certificates,
      upstream: { port: encryption === 'tls' ? tls : plain, encryption, clientAddress },
      proxyProtocol: ['127.0.0.9'],
      ...more,
    });
    context.after(() => proxy.stop());
    return proxy;
  };

  /** Logs in and out; the two ends that Dovecot's log has, and its name of the session. */
  const seen = async (proxy: RunningProxy, from: string, header: string, id = 'NIL') => {
    const { dovecot } = believing;
    const before = (await dovecot.log()).length;
    const client = await RawImap.connect(proxy.endpoint(0, 'none'), { from });
    if (header !== '') client.send(`${header}\r\n`);
    assert.match(await client.response(), /^\* OK \[CAPABILITY IMAP4rev1 .*\bID\b/);
    const { untagged } = await client.ok(`ID ${id}`);
    assert.match(untagged.join(), /^\* ID \("name" "Dovecot"/);
    await client.login(dovecot.account('alice'));
    await client.logout();
    // Dovecot's log is written by a process of its own, which may come behind the answer to LOGOUT.
    let login: RegExpExecArray | null = null;
    for (const end = Date.now() + 5000; login === null && Date.now() < end; await pause(20))
      login = /Login: user=<alice>\|(\S*)\|(\S*)$/m.exec((await dovecot.log()).slice(before));
    assert.ok(login, (await dovecot.log()).slice(before));
    return { ends: login[1]!, session: login[2]! };
  };

  for (const way of ['proxy-v2', 'id'] as const) {
    for (const encryption of ['none', 'starttls', 'tls'] as const) {
      // The port of a client has to come along to a worker too.
      const workers = encryption === 'starttls' ? 2 : 1;
      test(`Dovecot believes ${way}, ${encryption} towards it, workers: ${workers}`, async (context) => {
        const proxy = await startInFront(context, believing, way, encryption, { workers });
        const { ends, session } = await seen(proxy, '127.0.0.3', '');
        assert.match(
          ends,
          new RegExp(`^127\\.0\\.0\\.3\\|[1-9]\\d{3,4}\\|127\\.0\\.0\\.1\\|${proxy.ports[0]}$`),
        );
        if (way === 'id') await proxy.logged(new RegExp(`"session":"${session}".*"msg":"session ended"`));
        for (const [header, expected] of behindBalancer)
          assert.equal((await seen(proxy, '127.0.0.9', header)).ends, expected);
        const told = way === 'id' ? '192.0.2.9' : '::ffff:192.0.2.9';
        assert.equal((await seen(proxy, '127.0.0.9', mixed)).ends, `${told}|7|2001:db8::1|143`);
      });
    }
  }

  test('P28: what the client says of itself does not overrule it', async (context) => {
    const claimed =
      '("x-originating-ip" "192.0.2.66" "x-originating-port" "66" "x-session-id" "mine" "name" "x")';
    for (const way of ['proxy-v2', 'id'] as const) {
      const proxy = await startInFront(context, believing, way, 'none');
      const { ends, session } = await seen(proxy, '127.0.0.4', '', claimed);
      assert.match(ends, /^127\.0\.0\.4\|/);
      assert.notEqual(session, 'mine');
    }
    assert.doesNotMatch(await believing.dovecot.log(), /192\.0\.2\.66/);
  });

  test('/readyz: the proxy’s own connection has a header too', async (context) => {
    for (const encryption of ['none', 'starttls', 'tls'] as const) {
      const [port = 0] = await freePorts(1);
      await startInFront(context, believing, 'proxy-v2', encryption, { admin: { port } });
      const answer = await fetch(`http://127.0.0.1:${port}/readyz`);
      assert.equal(answer.status, 200, await answer.text());
    }
  });

  test('a Dovecot that does not trust the proxy closes behind a header, and the log says so', async (context) => {
    for (const encryption of ['none', 'starttls', 'tls'] as const) {
      const proxy = await startInFront(context, doubting, 'proxy-v2', encryption);
      const client = await RawImap.connect(proxy.endpoint(0, 'none'));
      assert.match(await client.rest(), /^\* BYE The mail server /);
      const ended = await proxy.logged(/"msg":"session ended"/);
      assert.match(String(ended.cause), /^upstream-(closed|unreachable)$/);
      assert.match(String(ended.reason), /PROXY header|upstream\.clientAddress/);
    }
    assert.match(await doubting.dovecot.log(), /Client not trusted/);
  });

  test('a Dovecot that does not trust the proxy serves behind an ID, and believes nothing of it', async (context) => {
    const proxy = await startInFront(context, doubting, 'id', 'starttls');
    const client = await RawImap.connect(proxy.endpoint(0, 'none'), { from: '127.0.0.3' });
    await client.response();
    await client.login(doubting.dovecot.account('alice'));
    await client.logout();
    const log = await doubting.dovecot.log();
    assert.match(log, /Login: user=<alice>\|127\.0\.0\.1\|/);
    assert.doesNotMatch(log, /\|127\.0\.0\.3\|/);
  });
});
