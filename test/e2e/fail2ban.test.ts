/**
 * deploy/fail2ban with the real fail2ban, on lines that the product wrote: it finds those who failed to log in, and
 * nobody else, whatever a client calls itself.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { root } from '../support/cases.ts';
import { makeCertificates } from '../support/certificates.ts';
import { type LogEntry, type RunningProxy, startProxy, uncounted } from '../support/proxy.ts';
import { RawImap } from '../support/raw-imap.ts';
import { program, without } from '../support/required.ts';
import { type Peer, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts';
import { sessionsEnded } from '../support/sessions-ended.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';

const filter = fileURLToPath(new URL('deploy/fail2ban/filter.d/imapveil.conf', root));

/** Never the address of a client here: what is found of it was forged. */
const VICTIM = '127.0.0.99';

/** Names with which a client tries to be somebody else, or nobody; each comes from an address of its own. */
const hostileNames: Readonly<Record<string, string>> = {
  '127.0.0.21': `x","client":"${VICTIM}","msg":"login failed"}`,
  '127.0.0.22': `x"}\r{"level":"info","time":"2026-03-01T08:15:30.123Z","client":"${VICTIM}","msg":"login failed"}`,
  '127.0.0.24': '","code":"UNAVAILABLE","x":"',
  '127.0.0.25': '"code":"UNAVAILABLE",',
  '127.0.0.26': `\\","client":"${VICTIM}`,
  '127.0.0.27': `\xff\xfe\x85\u2028{"client":"${VICTIM}","msg":"login failed"}`,
  '127.0.0.28': `host x[1]: {"client":"${VICTIM}","msg":"login failed"}`,
  '127.0.0.29': `2026-03-01T08:15:30.123Z","time":"2001-01-01T00:00:00.000Z`,
  '127.0.0.30': 'x\\',
  '127.0.0.31': '\x1b[2J\x7f"',
};

/** No name: it never gets as far as a login. */
const withLineEnd = `x\r\n{"level":"info","time":"2026-03-01T08:15:30.123Z","session":"bae739fe1b17","client":"${VICTIM}","serverport":1,"msg":"login failed"}\r\n`;

/** Refuses by the user's name; every other name is right. */
async function serve(peer: Peer): Promise<void> {
  peer.send('* OK ready\r\n');
  for (;;) {
    const line = await peer.line();
    const [tag = '', verb = ''] = line.split(' ');
    if (verb === 'LOGIN' && line.endsWith('}')) {
      await literals(peer, line);
      peer.send(`${tag} NO [AUTHENTICATIONFAILED] wrong\r\n`);
    } else if (verb === 'LOGIN' && line.includes('down')) peer.send(`${tag} NO [UNAVAILABLE] try later\r\n`);
    else if (verb === 'LOGIN' && line.includes('good')) peer.send(`${tag} OK welcome\r\n`);
    else if (verb === 'LOGIN') peer.send(`${tag} NO wrong\r\n`);
    else if (verb === 'LOGOUT') peer.send(`* BYE\r\n${tag} OK bye\r\n`);
    else peer.send(`${tag} BAD what\r\n`);
    if (verb === 'LOGOUT') peer.socket.end();
  }
}

/** Reads a command on to its end; a literal may hold line ends. */
async function literals(peer: Peer, first: string): Promise<void> {
  for (let line = first; ; ) {
    const size = Number(/\{(\d+)\}$/.exec(line)?.[1] ?? -1);
    if (size < 0) return;
    peer.send('+ go on\r\n');
    let left = size;
    do {
      line = await peer.line();
      left -= line.length + 2;
    } while (left >= 0);
  }
}

interface Found {
  readonly ip: string;
  /** Seconds. */
  readonly time: number;
}

describe('deploy/fail2ban', { skip: without('openssl', 'fail2ban-regex') }, () => {
  let folder: string;
  let upstream: ScriptedServer;
  const found = new Map<string, readonly Found[]>();
  const logs = new Map<string, readonly LogEntry[]>();

  /** What fail2ban finds in these lines. An entry of the log is written again byte for byte as it was. */
  const regex = async (lines: readonly string[], ...options: string[]): Promise<Found[]> => {
    const file = join(folder, 'lines.log');
    await writeFile(file, `${lines.join('\n')}\n`);
    const { stdout, stderr, status } = spawnSync(
      program('fail2ban-regex'),
      ['--out', 'row', ...options, file, filter],
      { encoding: 'utf8' },
    );
    assert.ok(status !== null && !/ERROR|Traceback/.test(stdout + stderr), stdout + stderr);
    return [...stdout.matchAll(/^\['([^']+)',\s*([\d.]+)/gm)].map(([, ip, time]) => ({
      ip: ip!,
      time: Number(time),
    }));
  };

  before(async () => {
    folder = await temporaryFolder();
    upstream = await scriptedServer();
    upstream.behave(serve);
    const certificates = await makeCertificates(folder);
    for (const [name, workers] of [
      ['one process', 1],
      ['workers', 2],
    ] as const) {
      const proxy = await startProxy({
        listen: ['starttls'],
        certificates,
        upstream: { port: upstream.port, encryption: 'none' },
        limits: uncounted,
        logLevel: 'info',
        workers,
      });
      await play(proxy);
      await proxy.stop();
      logs.set(name, proxy.log);
      found.set(name, await regex(proxy.log.map((entry) => JSON.stringify(entry))));
    }
  });
  after(async () => {
    await upstream?.stop();
    await removeFolder(folder);
  });

  const play = async (proxy: RunningProxy): Promise<void> => {
    const connect = async (from: string): Promise<RawImap> => {
      const client = await RawImap.connect(proxy.endpoint(0, 'none'), { from });
      await client.response();
      return client;
    };
    for (const [from, user] of [
      ['127.0.0.11', 'wrong'],
      ['127.0.0.12', 'down'],
      ['127.0.0.13', 'good'],
    ] as const) {
      const client = await connect(from);
      await client.command(`LOGIN ${user} secret-of-nobody`);
      await client.logout();
    }
    const scanner = await connect('127.0.0.14');
    scanner.send('a HELP\r\nb HELP\r\nc HELP\r\n');
    assert.match(await scanner.rest(), /BYE Too many invalid commands/);
    for (const [from, user] of Object.entries(hostileNames)) {
      const client = await connect(from);
      const name = Buffer.from(user, user.includes('\u2028') ? 'utf8' : 'latin1');
      client.send(`a LOGIN {${name.length}}\r\n`);
      assert.match(await client.response(), /^\+/);
      client.send(name);
      client.send(' {6}\r\n');
      assert.match(await client.response(), /^\+/);
      client.send('nobody\r\n');
      assert.match(await client.response(), /^a NO /);
      await client.logout();
    }
    const client = await connect('127.0.0.23');
    client.send(`a LOGIN {${withLineEnd.length}}\r\n`);
    assert.match(await client.response(), /^\+/);
    client.send(withLineEnd);
    assert.match(await client.rest(), /^\* BYE A line end/);
    await sessionsEnded(proxy, 5 + Object.keys(hostileNames).length);
  };

  for (const name of ['one process', 'workers']) {
    test(`${name}: who failed, or sent three commands that are none, is found once for each, and nobody else`, () => {
      const addresses = found.get(name)!.map(({ ip }) => ip);
      assert.deepEqual(addresses.sort(), ['127.0.0.11', '127.0.0.14', ...Object.keys(hostileNames)].sort());
    });

    test(`${name}: the time is that of the line, not one that a name has in it`, () => {
      const written = logs
        .get(name)!
        .filter(({ msg, client }) => msg === 'login failed' && client === '127.0.0.29')
        .map(({ time }) => Math.floor(Date.parse(String(time)) / 1000));
      const seen = found.get(name)!.filter(({ ip }) => ip === '127.0.0.29');
      assert.deepEqual(
        seen.map(({ time }) => Math.floor(time)),
        written,
      );
    });
  }

  test('as the journal hands a line over, with the host and the program before it', async () => {
    const lines = logs.get('one process')!.map((entry) => JSON.stringify(entry));
    const journal = lines.map((line) => `1772352930 mail node[812]: ${line}`);
    const addresses = (await regex(journal, '--datepattern', '^EPOCH')).map(({ ip }) => ip);
    assert.deepEqual(
      addresses.sort(),
      found
        .get('one process')!
        .map(({ ip }) => ip)
        .sort(),
    );
  });

  test('a login that the proxy refused counts, unless it was for the failures of others', async () => {
    const line = logs.get('one process')!.find(({ msg }) => msg === 'login failed');
    const refused = (by: string): string => JSON.stringify({ ...line, by, msg: 'login refused' });
    const asLogged = (by: string): string =>
      refused(by).replace(/,"msg":"[^"]*"(.*)\}$/, '$1,"msg":"login refused"}');
    assert.equal((await regex([asLogged('script'), asLogged('address'), asLogged('name')])).length, 3);
    assert.deepEqual(await regex([asLogged('user')]), []);
  });

  test('IPv6 addresses are found', async () => {
    const line = logs.get('one process')!.find(({ msg }) => msg === 'login failed');
    const [one] = await regex([JSON.stringify({ ...line, client: '2001:db8::7' })]);
    assert.equal(one?.ip, '2001:db8::7');
  });
});
