/** The way down with many sessions: who is idle is asked to leave one after the other, who is busy finishes. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { Held } from '../support/held.ts';
import { type ProxyOptions, type RunningProxy, startProxy } from '../support/proxy.ts';
import { RawImap } from '../support/raw-imap.ts';
import { without } from '../support/required.ts';
import { type Peer, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts';
import { passwords } from '../support/secrets.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';

/** So many that their turns take three seconds. */
const MANY = 300;
/** Bytes of a message that no system keeps for a client that does not read. */
const MORE_THAN_ARRIVES = 50_000_000;
const account = { user: 'alice', password: passwords.scripted };
const shuttingDown = /\* BYE The proxy is shutting down\r\n$/;
const stoppedNow = /\* BYE The proxy was stopped\r\n$/;

describe('drain', { skip: without('openssl'), timeout: 120_000 }, () => {
  let folder: string;
  let certificates: Certificates;
  let upstream: ScriptedServer;
  const running: RunningProxy[] = [];
  before(async () => {
    folder = await temporaryFolder();
    certificates = await makeCertificates(folder);
    upstream = await scriptedServer();
    upstream.behave(serve);
  });
  afterEach(async () => {
    const stopped = await Promise.allSettled(running.splice(0).map((proxy) => proxy.stop()));
    for (const result of stopped) if (result.status === 'rejected') throw result.reason;
  });
  after(async () => {
    await upstream?.stop();
    await removeFolder(folder);
  });

  const start = async (drainTimeout: string, options: Partial<ProxyOptions> = {}): Promise<RunningProxy> => {
    const proxy = await startProxy({
      listen: ['starttls'],
      certificates,
      upstream: { port: upstream.port, encryption: 'none' },
      limits: { drainTimeout },
      logLevel: 'info',
      ...options,
    });
    running.push(proxy);
    return proxy;
  };
  const open = (proxy: RunningProxy): Promise<RawImap> =>
    RawImap.open(proxy.endpoint(0, 'none'), account, { within: 20_000 });

  /** Sessions in the order in which they came. */
  const openMany = async (
    proxy: RunningProxy,
  ): Promise<{ first: RawImap; last: RawImap; all: RawImap[] }> => {
    const all: RawImap[] = [];
    while (all.length < MANY) all.push(await open(proxy));
    return { first: all[0]!, last: all.at(-1)!, all };
  };

  for (const workers of [1, 2]) {
    test(`${workers} process(es): the last of many works on when the first is asked to leave, and all are asked`, async () => {
      const proxy = await start('1h', { workers });
      const { first, last, all } = await openMany(proxy);
      const stopped = proxy.stop();
      assert.match(await first.rest(), shuttingDown);
      await last.ok('NOOP');
      for (const session of all.slice(1)) assert.match(await session.rest(), shuttingDown);
      await stopped;
    });
  }

  test('however many there are, all are asked before drainTimeout is over', async () => {
    const proxy = await start('2s');
    const { all } = await openMany(proxy);
    const stopped = proxy.stop();
    for (const session of all) assert.match(await session.rest(), shuttingDown);
    await stopped;
  });

  test('a second SIGTERM ends those at once who have had no turn yet', async () => {
    const proxy = await start('1h');
    const { first, last } = await openMany(proxy);
    const stopped = proxy.stop();
    assert.match(await first.rest(), shuttingDown);
    process.kill(proxy.pid, 'SIGTERM');
    assert.match(await last.rest(), stoppedNow);
    await stopped;
  });

  for (const workers of [1, 2]) {
    test(`${workers} process(es): nobody waits for a client that does not read, once everything is to end`, async () => {
      const proxy = await start('1h', { workers });
      const client = connect(proxy.ports[0]!, '127.0.0.1').on('error', () => {});
      client.write(`a LOGIN ${account.user} ${account.password}\r\nb FETCH 1 LARGE\r\n`);
      for await (const bytes of client.iterator({ destroyOnReturn: false })) {
        if (String(bytes).includes('0'.repeat(100))) break;
      }
      const stopped = proxy.stop();
      await proxy.logged(/SIGTERM/);
      process.kill(proxy.pid, 'SIGTERM');
      await stopped;
      client.destroy();
      assert.equal(proxy.log.filter(({ msg }) => msg === 'stopped').length, 1);
    });
  }

  test('who idles by IDLE is asked to leave; a response that has begun arrives whole, and BYE behind it', async () => {
    const proxy = await start('1h');
    const idling = await open(proxy);
    idling.send('i IDLE\r\n');
    assert.match(await idling.response(), /^\+/);
    const fetching = await open(proxy);
    fetching.send('f FETCH 1 BODY[]\r\n');
    const goOn = await halves.next();
    const stopped = proxy.stop();
    assert.match(await idling.rest(), shuttingDown);
    goOn();
    assert.equal(
      await fetching.rest(),
      '* 1 FETCH (BODY[] {10}\r\n0123456789)\r\nf OK fetched\r\n* BYE The proxy is shutting down\r\n',
    );
    await stopped;
  });

  test('a response that does not end in time is cut off, without a BYE in the middle of it', async () => {
    const proxy = await start('300ms');
    const fetching = await open(proxy);
    fetching.send('f FETCH 1 BODY[]\r\n');
    await halves.next();
    const stopped = proxy.stop();
    assert.equal(await fetching.rest(), '* 1 FETCH (BODY[] {10}\r\n01234');
    await stopped;
  });
});

/** Servers that have sent half of a message. */
const halves = new Held();

/** An IMAP server that agrees to everything and sends the second half of a message when it is told to. */
async function serve(peer: Peer): Promise<void> {
  peer.send('* OK [CAPABILITY IMAP4rev1 IDLE] ready\r\n');
  for (;;) {
    const [tag, verb, , what] = (await peer.line()).split(' ');
    if (what === 'LARGE') {
      peer.send(
        `* 1 FETCH (BODY[] {${MORE_THAN_ARRIVES}}\r\n${'0'.repeat(MORE_THAN_ARRIVES)})\r\n${tag} OK fetched\r\n`,
      );
    } else if (verb === 'FETCH') {
      peer.send('* 1 FETCH (BODY[] {10}\r\n01234');
      halves.add(() => peer.send(`56789)\r\n${tag} OK fetched\r\n`));
    } else if (verb === 'IDLE') {
      peer.send('+ idling\r\n');
    } else {
      peer.send(`${tag} OK done\r\n`);
    }
  }
}
