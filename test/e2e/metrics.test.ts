/** `/metrics` and `/hooks` of a running proxy, of one process and of several, read as Prometheus reads them. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startDemoMailbox } from '../../src/demo/server.ts';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import type { Endpoint } from '../support/endpoint.ts';
import { freePorts } from '../support/ports.ts';
import { type ProxyOptions, type RunningProxy, startProxy } from '../support/proxy.ts';
import { RawImap } from '../support/raw-imap.ts';
import { startRedis } from '../support/redis.ts';
import { program, without } from '../support/required.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { pidOf } from '../support/workers.ts';

const demo = { user: 'demo', password: 'demo' };
const fromRoot = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

const hidesAndFails = `
function DoCapability(ip, caps) return caps end
function DoListResult(name, attributes, extended)
  if name == "Hidden" then return false end
  if name == "Sent" then error("cannot judge " .. name) end
  return true
end`;

/** One figure: `imapveil_logins_total{result="ok",mechanism="LOGIN"}`, in that order; 0 where it is not there. */
function figure(text: string, name: string): number {
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  return line === undefined ? 0 : Number(line.slice(name.length + 1));
}

const page = async (port: number, path: string): Promise<string> =>
  (await fetch(`http://127.0.0.1:${port}${path}`)).text();

/** Asks until it holds; rejects after 10 s. */
async function untilFigures(port: number, holds: (text: string) => boolean): Promise<string> {
  const end = Date.now() + 10_000;
  for (;;) {
    const text = await page(port, '/metrics');
    if (holds(text)) return text;
    if (Date.now() > end) throw new Error(`these figures never came to hold:\n${text}`);
    await pause(50);
  }
}

describe('metrics', { skip: without('openssl'), timeout: 120_000 }, () => {
  let folder: string;
  let certificates: Certificates;
  let mailbox: Awaited<ReturnType<typeof startDemoMailbox>>;
  const running: RunningProxy[] = [];
  before(async () => {
    folder = await temporaryFolder();
    certificates = await makeCertificates(folder);
    mailbox = await startDemoMailbox();
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((proxy) => proxy.stop()));
  });
  after(async () => {
    await mailbox.close();
    await removeFolder(folder);
  });

  const start = async (options: Partial<ProxyOptions> = {}) => {
    const [admin = 0, port = 0] = await freePorts(2);
    const proxy = await startProxy({
      listen: ['tls'],
      ports: [port],
      admin: { address: '127.0.0.1', port: admin },
      certificates,
      upstream: { port: mailbox.port, encryption: 'none' },
      ...options,
    });
    running.push(proxy);
    const endpoint: Endpoint = { host: 'localhost', port, security: 'tls', ca: certificates.ca };
    return { proxy, admin, endpoint, port };
  };

  test('count what sessions did, while they live and when they are over', async () => {
    const { admin, endpoint, port } = await start({ script: hidesAndFails });
    const imap = await RawImap.open(endpoint, demo);
    await imap.ok('LIST "" "*"');
    const living = await page(admin, '/metrics');
    assert.equal(figure(living, `imapveil_sessions{port="${port}"}`), 1);
    assert.equal(figure(living, 'imapveil_commands_total'), 2, 'LOGIN and LIST, before the session is over');
    assert.equal(figure(living, 'imapveil_folders_hidden_total'), 1);
    assert.equal(figure(living, 'imapveil_logins_total{result="ok",mechanism="LOGIN"}'), 1);
    assert.equal(figure(living, 'imapveil_handshakes_total{result="ok",version="TLSv1.3"}'), 1);
    assert.equal(figure(living, 'imapveil_hook_failures_total{function="DoListResult"}'), 1);
    assert.equal(
      figure(living, `imapveil_upstream_connect_seconds_count{upstream="127.0.0.1:${mailbox.port}"}`),
      1,
    );
    const bytes = figure(living, 'imapveil_upstream_bytes_total');
    assert.ok(bytes > 100);
    await imap.logout();
    const over = await untilFigures(admin, (text) => figure(text, `imapveil_sessions{port="${port}"}`) === 0);
    assert.equal(figure(over, 'imapveil_session_ends_total{cause="logout"}'), 1);
    assert.equal(figure(over, 'imapveil_commands_total'), 3);
    assert.ok(figure(over, 'imapveil_upstream_bytes_total') > bytes, 'nothing is counted less at the end');
    for (const secret of ['demo"', 'Hidden', 'Sent', '127.0.0.1"']) assert.ok(!over.includes(secret), secret);
  });

  test('/hooks shows the errors of the script', async () => {
    const { admin, endpoint } = await start({ script: hidesAndFails });
    const imap = await RawImap.open(endpoint, demo);
    await imap.ok('LIST "" "*"');
    await imap.ok('LIST "" "*"');
    await imap.logout();
    const [error] = JSON.parse(await page(admin, '/hooks')) as Record<string, unknown>[];
    assert.match(String(error?.message), /^script\.lua:5: cannot judge Sent$|:5: cannot judge Sent$/);
    assert.equal(error?.call, 'DoListResult');
    assert.equal(error?.count, 2);
    assert.match(String(error?.arguments), /"Sent"/);
    assert.match(String(error?.traceback), /in function 'DoListResult'/);
  });

  test('are added up over the workers, and never go back when one dies', async () => {
    const { proxy, admin, endpoint, port } = await start({ workers: 2, script: hidesAndFails });
    const sessions = await Promise.all([1, 2, 3, 4].map(() => RawImap.open(endpoint, demo)));
    for (const imap of sessions) await imap.ok('LIST "" "*"');
    const before = await page(admin, '/metrics');
    assert.equal(figure(before, `imapveil_sessions{port="${port}"}`), 4);
    assert.equal(figure(before, `imapveil_sessions_total{port="${port}"}`), 4);
    assert.equal(figure(before, 'imapveil_workers_up'), 2);
    const errors = JSON.parse(await page(admin, '/hooks')) as { readonly count: number }[];
    assert.deepEqual(
      errors.map(({ count }) => count),
      [4],
      'one error of two workers',
    );
    process.kill(pidOf(proxy, 1), 'SIGKILL');
    await proxy.logged(/"worker":1,.*"msg":"worker serves"/, proxy.log.length);
    const after = await untilFigures(admin, (text) => figure(text, 'imapveil_workers_up') === 2);
    assert.equal(figure(after, `imapveil_sessions_total{port="${port}"}`), 4);
    assert.equal(figure(after, `imapveil_sessions{port="${port}"}`), 2, 'its sessions are gone');
    assert.equal(figure(after, 'imapveil_worker_restarts_total'), 1);
  });

  test('asked for by a reload: what passes in older sessions counts, and never less than before', async () => {
    const { proxy, admin, endpoint } = await start({ admin: undefined });
    const imap = await RawImap.open(endpoint, demo);
    await imap.ok('NOOP');
    await proxy.configure({ admin: { address: '127.0.0.1', port: admin } });
    await proxy.reload();
    const living = await page(admin, '/metrics');
    assert.equal(figure(living, 'imapveil_commands_total'), 2);
    await imap.ok('NOOP');
    const before = proxy.log.length;
    await imap.logout();
    await proxy.logged(/"msg":"session ended"/, before);
    const over = await page(admin, '/metrics');
    assert.equal(figure(over, 'imapveil_commands_total'), 4);
    assert.equal(figure(over, 'imapveil_reloads_total{result="ok"}'), 1);
  });

  test('limits.store that is lost and found shows, of all workers, after a reload, and until another one is used', {
    skip: without('redis-server'),
  }, async () => {
    const up = (port: number, value: 0 | 1) =>
      untilFigures(port, (text) => text.includes(`imapveil_login_store_up ${value}\n`));
    const redis = await startRedis();
    try {
      const limits = { store: `redis://127.0.0.1:${redis.port}` };
      const { proxy, admin } = await start({ workers: 2, limits });
      const { proxy: later } = await start({ admin: undefined, limits });
      for (const each of [proxy, later]) await each.logged(/limits\.store answers/);
      await up(admin, 1);
      await redis.stop();
      for (const each of [proxy, later]) await each.logged(/limits\.store is of no use/);
      await up(admin, 0);

      const [port = 0] = await freePorts(1);
      const watched = { admin: { address: '127.0.0.1', port } };
      await later.configure({ ...watched, limits });
      await later.reload();
      await up(port, 0);
      await later.configure({ ...watched, limits: { store: 'memory' } });
      await later.reload();
      await up(port, 1);

      await redis.start();
      await up(admin, 1);
    } finally {
      await redis.stop();
    }
  });

  test('say which server is down, also while no session goes there', async () => {
    const [nobody = 0] = await freePorts(1);
    const upstream = {
      port: mailbox.port,
      encryption: 'none',
      check: { interval: '100ms', failures: 2 },
    } as const;
    const servers = [{ host: '127.0.0.1' }, { host: '127.0.0.1', port: nobody }];
    const { proxy, admin } = await start({ workers: 2, upstream: { ...upstream, servers } });
    const up = (port: number): string => `imapveil_upstream_up{upstream="127.0.0.1:${port}"}`;
    const text = await untilFigures(admin, (text) => text.includes(`${up(nobody)} 0\n`));
    assert.equal(figure(text, up(mailbox.port)), 1);
    await proxy.configure({ upstream });
    await proxy.reload();
    const left = await untilFigures(admin, (text) => !text.includes(up(nobody)));
    assert.equal(figure(left, up(mailbox.port)), 1);
  });

  test('count what the proxy itself refuses', async () => {
    const { admin, endpoint } = await start({
      script: 'function DoCommand() return false, "not here" end',
      hooks: { commands: ['NOOP'] },
    });
    const imap = await RawImap.open(endpoint, demo);
    imap.send('a NOOP\r\n');
    assert.match(await imap.response(), /^a NO .*not here/);
    await imap.logout();
    assert.equal(figure(await page(admin, '/metrics'), 'imapveil_commands_refused_total'), 1);
  });

  test('Prometheus accepts them, and docs, alerts and dashboard name those that there are', {
    skip: without('promtool'),
  }, async () => {
    const { admin, endpoint } = await start({ script: hidesAndFails });
    const imap = await RawImap.open(endpoint, demo);
    await imap.ok('LIST "" "*"');
    await imap.logout();
    const text = await page(admin, '/metrics');
    const promtool = program('promtool');
    execFileSync(promtool, ['check', 'metrics'], { input: text });
    execFileSync(promtool, ['check', 'rules', fromRoot('deploy/prometheus/imapveil.rules.yml')]);
    execFileSync(promtool, ['test', 'rules', fromRoot('deploy/prometheus/imapveil.test.yml')]);
    execFileSync(promtool, ['check', 'config', '--syntax-only', fromRoot('deploy/prometheus/scrape.yml')]);

    const known = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    const documented = readFileSync(fromRoot('docs/metrics.md'), 'utf8');
    for (const name of known) {
      if (name?.startsWith('imapveil_'))
        assert.ok(documented.includes(`\`${name}\``), `${name} is documented`);
    }
    for (const file of [
      'docs/metrics.md',
      'deploy/prometheus/imapveil.rules.yml',
      'deploy/grafana/imapveil.json',
    ]) {
      const named =
        readFileSync(fromRoot(file), 'utf8').match(/\b(?:imapveil|nodejs|process)_[a-z0-9_]+/g) ?? [];
      assert.ok(named.length > 3);
      for (const name of named) {
        assert.ok(known.has(name.replace(/_(?:bucket|count|sum)$/, '')), `${file} names ${name}`);
      }
    }
  });
});
