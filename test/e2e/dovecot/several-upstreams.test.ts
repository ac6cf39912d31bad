/** Two Dovecots behind: while one of them is restarted, new sessions are served without an error, and then by both again. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Dovecot, startDovecot } from '../../support/dovecot.ts';
import { type RunningProxy, startProxy } from '../../support/proxy.ts';
import { RawImap } from '../../support/raw-imap.ts';
import { without } from '../../support/required.ts';

describe('two Dovecots behind', { skip: without('dovecot', 'openssl'), timeout: 120_000 }, () => {
  let stays: Dovecot;
  let restarted: Dovecot;
  let proxy: RunningProxy;
  before(async () => {
    [stays, restarted] = await Promise.all([startDovecot(), startDovecot()]);
    proxy = await startProxy({
      listen: ['tls'],
      certificates: stays.certificates,
      upstream: {
        port: 143,
        // In the clear: each of them has an authority of its own.
        encryption: 'none',
        servers: [
          { host: '127.0.0.1', port: stays.ports.imap },
          { host: 'localhost', port: restarted.ports.imap },
        ],
        check: { interval: '100ms', failures: 2 },
      },
    });
  });
  after(async () => {
    await proxy?.stop();
    await Promise.all([stays?.stop(), restarted?.stop()]);
  });

  const session = async (): Promise<void> => {
    const client = await RawImap.open(proxy.endpoint(0, 'tls'), stays.account('alice'));
    await client.ok('SELECT INBOX');
    await client.logout();
  };
  const used = (after = 0): Set<unknown> =>
    new Set(
      proxy.log
        .slice(after)
        .filter(({ msg }) => msg === 'session ended')
        .map(({ upstream }) => upstream),
    );

  test('one is restarted in front of clients', async () => {
    for (let number = 0; number < 4; number++) await session();
    const both = new Set([`127.0.0.1:${stays.ports.imap}`, `localhost:${restarted.ports.imap}`]);
    await proxy.logged(new RegExp(`"upstream":"localhost:${restarted.ports.imap}".*"msg":"session ended"`));
    assert.deepEqual(used(), both);

    let over = false;
    const restart = restarted.restart().then(() => {
      over = true;
    });
    // One may be on it when it ends, and ends with it. Whoever comes then, or later, is greeted.
    const lost: unknown[] = [];
    while (!over) await session().catch((error: unknown) => lost.push(error));
    await restart;
    assert.ok(lost.length <= 1, lost.join('\n'));
    const failed = proxy.log.filter(({ msg, cause }) => msg === 'session ended' && cause !== 'logout');
    assert.equal(failed.length, lost.length, JSON.stringify(failed));
    for (const { upstream, bytesFromUpstream } of failed) {
      assert.equal(upstream, `localhost:${restarted.ports.imap}`);
      assert.ok(Number(bytesFromUpstream) > 0);
    }

    const again = proxy.log.length;
    const end = Date.now() + 20_000;
    while (!used(again).has(`localhost:${restarted.ports.imap}`) && Date.now() < end) await session();
    assert.ok(used(again).has(`localhost:${restarted.ports.imap}`));
  });
});
