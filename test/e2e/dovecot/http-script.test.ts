/**
 * The example that asks a web service, in front of Dovecot. A service that is slow costs the sessions that ask
 * it; what the others wait is measured against what they wait when nobody asks.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { withImapFlow } from '../../support/clients/imapflow.ts';
import { type Dovecot, startDovecot } from '../../support/dovecot.ts';
import { close, listen, portOf } from '../../support/ports.ts';
import { type RunningProxy, startProxy } from '../../support/proxy.ts';
import { RawImap } from '../../support/raw-imap.ts';
import { without } from '../../support/required.ts';

const SESSIONS = 200;
/** Milliseconds that the service takes. */
const SERVICE = 200;

const users = Array.from({ length: SESSIONS }, (_, at) => `user${at}`);

describe('rules from a web service', { skip: without('dovecot', 'openssl') }, () => {
  let dovecot: Dovecot;
  let service: Server;
  let proxy: RunningProxy;
  const asked: string[] = [];
  let atOnce = 0;
  let most = 0;

  before(async () => {
    dovecot = await startDovecot({
      users: Object.fromEntries(['alice', ...users].map((user) => [user, `password-of-${user}`])),
    });
    service = createServer((request, response) => {
      asked.push(request.url ?? '');
      atOnce++;
      most = Math.max(most, atOnce);
      setTimeout(() => {
        atOnce--;
        response.end('["Drafts", "Tra*"]');
      }, SERVICE);
    });
    await listen(service);
    const port = portOf(service);
    proxy = await startProxy({
      listen: ['starttls', 'tls'],
      certificates: dovecot.certificates,
      upstream: { port: dovecot.ports.imap, encryption: 'none' },
      script: await readFile(
        new URL('../../../../hooks/examples/rules_from_http.lua', import.meta.url),
        'utf8',
      ),
      hooks: {
        http: { allow: [`127.0.0.1:${port}`] },
        settings: { rules: `http://127.0.0.1:${port}/hidden?user=` },
      },
      logLevel: 'info',
    });
  });
  after(async () => {
    await proxy?.stop();
    service.closeAllConnections();
    await close(service);
    await dovecot?.stop();
  });

  test('imapflow sees the folders that the service leaves, which is asked once', async () => {
    for (let times = 0; times < 2; times++) {
      await withImapFlow(proxy.endpoint(1, 'tls'), dovecot.account('alice'), async (client) => {
        const paths = (await client.list()).map(({ path }) => path).sort();
        assert.deepEqual(paths, ['INBOX', 'Junk', 'Sent']);
      });
    }
    assert.deepEqual(asked, ['/hidden?user=alice']);
  });

  test('200 sessions wait for the service, and the NOOPs of another do not', async (t) => {
    const endpoint = proxy.endpoint(0, 'none');
    const clients: RawImap[] = [];
    for (const user of users) {
      clients.push(await RawImap.open(endpoint, dovecot.account(user), { within: 60_000 }));
    }
    const other = await RawImap.open(endpoint, dovecot.account('alice'));
    asked.length = 0;
    most = 0;

    const idle = await noops(other, () => idleNoops-- > 0);
    let listed = false;
    const began = performance.now();
    const lists = Promise.all(clients.map((client) => client.ok('LIST "" *'))).finally(() => {
      listed = true;
    });
    const busy = await noops(other, () => !listed);
    const took = performance.now() - began;
    for (const { untagged } of await lists) assert.equal(untagged.length, 3, untagged.join(''));

    assert.equal(asked.length, SESSIONS);
    assert.ok(most > SESSIONS / 4, `${most} sessions waited at once`);
    const [rest, load] = [p99(idle), p99(busy)];
    t.diagnostic(
      `${SESSIONS} LISTs took ${took.toFixed(0)} ms, up to ${most} at the service at once; ` +
        `p99 of a NOOP ${rest.toFixed(1)} ms alone, ${load.toFixed(1)} ms meanwhile (${busy.length} of them)`,
    );
    // A machine that is busy with other tests is slow with NOOPs too; the service's 200 ms would show all the same.
    assert.ok(load < 10 + 3 * rest, `p99 of a NOOP ${rest} ms alone and ${load} ms meanwhile`);
    for (const client of [other, ...clients]) client.close();
  });
});

let idleNoops = 300;

/** Milliseconds that each NOOP took, one after the other. */
async function noops(client: RawImap, more: () => boolean): Promise<number[]> {
  const times: number[] = [];
  while (more()) {
    const began = performance.now();
    await client.ok('NOOP');
    times.push(performance.now() - began);
  }
  return times;
}

function p99(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? 0;
}
