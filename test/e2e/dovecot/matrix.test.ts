/**
 * Every kind of encryption behind, every kind in front, and four real clients that
 * do their work on each. The same work is first done on Dovecot itself, so that a failure there is known to be
 * the machine's and not the proxy's.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { curl } from '../../support/clients/curl.ts';
import { withImapFlow } from '../../support/clients/imapflow.ts';
import { mbsync, readMaildir, withoutOwnHeader } from '../../support/clients/mbsync.ts';
import { neomutt, withoutOwnHeaders } from '../../support/clients/neomutt.ts';
import { type Dovecot, startDovecot } from '../../support/dovecot.ts';
import type { Account, Endpoint } from '../../support/endpoint.ts';
import { fingerprints, temptingMessages } from '../../support/mail.ts';
import { type RunningProxy, startProxy } from '../../support/proxy.ts';
import { type Relay, relayFrom } from '../../support/relay.ts';
import { without } from '../../support/required.ts';
import { hideFolders, hideIdle, requireStartTls } from '../../support/scripts.ts';
import { passwords } from '../../support/secrets.ts';
import { removeFolder, temporaryFolder } from '../../support/temporary-folder.ts';

const behind = ['none', 'starttls', 'tls'] as const;
const clients = ['curl', 'mbsync', 'neomutt', 'imapflow'] as const;
/** Modified UTF-7 of München: one folder whose name needs decoding. */
const munich = 'M&APw-nchen';

const work = {
  curl: workOfCurl,
  mbsync: workOfMbsync,
  neomutt: workOfNeoMutt,
  imapflow: workOfImapFlow,
};
/** Every test has users of its own, so that none sees what another left behind. */
const users = clients.flatMap((client) =>
  Array.from({ length: behind.length * 6 }, (_, cell) => [
    `${client}${cell}full`,
    `${client}${cell}empty`,
  ]).flat(),
);

/** What one client's test works with: two accounts of its own, the first filled, the second empty. */
interface Work {
  readonly dovecot: Dovecot;
  readonly endpoint: Endpoint;
  /** Whether the script, which hides IDLE and the folder Secret, is at work there. */
  readonly scripted: boolean;
  readonly full: Account;
  readonly empty: Account;
  readonly folder: string;
}

describe('real clients at every front of every upstream', {
  skip: without('dovecot', 'openssl', 'curl', 'mbsync', 'neomutt', 'script'),
}, () => {
  let dovecot: Dovecot;
  let folder: string;

  before(async () => {
    folder = await temporaryFolder();
    dovecot = await startDovecot({
      users: Object.fromEntries(users.map((user) => [user, passwords.alice])),
    });
  });
  after(async () => {
    await dovecot?.stop();
    if (folder !== undefined) await removeFolder(folder);
  });

  /** One cell of the matrix: each of the clients does its work there, with two new users. */
  function cell(name: string, endpoint: () => Endpoint, scripted: boolean): void {
    const place = cells++;
    describe(name, () => {
      for (const client of clients) {
        test(client, async () => {
          const full = dovecot.account(`${client}${place}full`);
          const empty = dovecot.account(`${client}${place}empty`);
          await dovecot.createFolders(full.user, ['Secret', 'Archive', munich]);
          await dovecot.deliver(full.user, 'INBOX', temptingMessages);
          await dovecot.deliver(full.user, munich, temptingMessages.slice(0, 2));
          const here = join(folder, full.user);
          await work[client]({ dovecot, endpoint: endpoint(), scripted, full, empty, folder: here });
        });
      }
    });
  }
  let cells = 0;

  for (const security of behind) {
    cell(`Dovecot itself, ${security}`, () => dovecot.endpoint(security), false);
  }

  for (const upstream of behind) {
    describe(`upstream.encryption: ${upstream}`, () => {
      let proxy: RunningProxy;
      let elsewhere: Relay;
      before(async () => {
        proxy = await startProxy({
          listen: ['starttls', 'tls', 'starttls'],
          certificates: dovecot.certificates,
          upstream: { port: dovecot.endpoint(upstream).port, encryption: upstream },
          script: ([, , third]) => hideIdle + hideFolders(['Secret']) + requireStartTls(third, '127.0.0.2'),
        });
        elsewhere = await relayFrom('127.0.0.2', proxy.ports[2] ?? 0);
      });
      after(async () => {
        await elsewhere?.stop();
        await proxy?.stop();
      });

      cell('mode 0, plain', () => proxy.endpoint(0, 'none'), true);
      cell('mode 0, STARTTLS', () => proxy.endpoint(0, 'starttls'), true);
      cell('mode 1', () => proxy.endpoint(1, 'tls'), true);
      cell('mode 3 for 127.0.0.2', () => ({ ...proxy.endpoint(2, 'starttls'), port: elsewhere.port }), true);
      cell('mode 0 for everybody else', () => proxy.endpoint(2, 'none'), true);
    });
  }
});

/** A word of a capability list that stands alone somewhere in the text. */
const idle = /\bIDLE\b/;

async function workOfCurl({ dovecot, endpoint, scripted, full }: Work): Promise<void> {
  const client = curl(endpoint, full);
  const folders = (await client.folders()).join('\n');
  assert.match(folders, /"\/" INBOX$/m);
  assert.match(folders, /"\/" M&APw-nchen$/m);
  assert.equal(/Secret/.test(folders), !scripted);
  assert.equal(idle.test(await client.trace()), !scripted);
  const fetched = await Promise.all(temptingMessages.map((_, at) => client.fetch('INBOX', at + 1)));
  assert.deepEqual(fingerprints(fetched), fingerprints(temptingMessages));
  for (const message of temptingMessages) await client.upload('Archive', message);
  assert.deepEqual(fingerprints(await stored(dovecot, full, 'Archive')), fingerprints(temptingMessages));
}

async function workOfMbsync({ dovecot, endpoint, scripted, full, empty, folder }: Work): Promise<void> {
  const local = join(folder, 'local');
  const down = await mbsync(endpoint, full, { local, state: join(folder, 'down'), direction: 'pull' });
  assert.equal(/Secret/.test(down), !scripted);
  await mbsync(endpoint, empty, { local, state: join(folder, 'up'), direction: 'push' });
  for (const name of ['INBOX', munich]) {
    const sent = fingerprints(await stored(dovecot, full, name));
    const held = fingerprints((await readMaildir(local, name)).map(withoutOwnHeader));
    const back = fingerprints((await stored(dovecot, empty, name)).map(withoutOwnHeader));
    assert.notEqual(sent.length, 0);
    assert.deepEqual(held, sent, `${name} in the local Maildir`);
    assert.deepEqual(back, sent, `${name} on the server again`);
  }
}

async function workOfNeoMutt({ dovecot, endpoint, scripted, full, folder }: Work): Promise<void> {
  const client = neomutt(endpoint, full, join(folder, 'home'));
  const local = join(folder, 'local');
  const { trace } = await client.download('INBOX', local);
  assert.match(trace, /^< \* LIST \(.*\) "\/" Archive$/m);
  assert.equal(/Secret/.test(trace), !scripted);
  // Where IDLE is offered, NeoMutt sends it as soon as it has nothing else to do.
  assert.equal(/^> \S+ IDLE$/m.test(trace), !scripted);
  const expected = fingerprints(temptingMessages);
  const downloaded = (await readMaildir(local, '')).map(withoutOwnHeaders);
  assert.deepEqual(fingerprints(downloaded), expected);
  await client.upload(local, 'Archive');
  const uploaded = (await stored(dovecot, full, 'Archive')).map(withoutOwnHeaders);
  assert.deepEqual(fingerprints(uploaded), expected);
}

async function workOfImapFlow({ dovecot, endpoint, scripted, full }: Work): Promise<void> {
  await withImapFlow(endpoint, full, async (client, { received }) => {
    assert.equal(client.secureConnection, endpoint.security !== 'none');
    assert.equal(client.capabilities.has('IDLE'), !scripted);
    const folders = await client.list({ statusQuery: { messages: true } });
    assert.equal(folders.find(({ path }) => path === 'München')?.status?.messages, 2);
    assert.equal(
      folders.some(({ path }) => path === 'Secret'),
      !scripted,
    );
    assert.equal(/STATUS "?Secret/.test(received.join('\n')), !scripted);
    await client.mailboxOpen('INBOX');
    const bodies: Buffer[] = [];
    for await (const { source } of client.fetch('1:*', { source: true }))
      bodies.push(source ?? Buffer.alloc(0));
    assert.deepEqual(fingerprints(bodies), fingerprints(temptingMessages));
    for (const message of temptingMessages) await client.append('Archive', message);
  });
  assert.deepEqual(fingerprints(await stored(dovecot, full, 'Archive')), fingerprints(temptingMessages));
}

async function stored(dovecot: Dovecot, account: Account, folder: string): Promise<Buffer[]> {
  return (await dovecot.messages(account.user, folder)).map(({ body }) => body);
}
