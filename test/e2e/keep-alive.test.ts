/** What goes without a word, on either side of a session at rest, is for the system to notice. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { type RunningProxy, startProxy } from '../support/proxy.ts';
import { RawImap } from '../support/raw-imap.ts';
import { agreeable, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';

let folder: string;
let certificates: Certificates;
let server: ScriptedServer;
let proxy: RunningProxy;

before(async () => {
  folder = await temporaryFolder();
  certificates = await makeCertificates(folder);
  server = await scriptedServer();
  server.behave(agreeable);
  proxy = await startProxy({
    listen: ['tls'],
    certificates,
    upstream: { port: server.port, encryption: 'none' },
  });
});

after(async () => {
  await proxy?.stop();
  await server?.stop();
  await removeFolder(folder);
});

const ESTABLISHED = '01';
const KEEP_ALIVE = '02';

/** Whether the system will ask after the other end, of each connection whose end on this side, or on that, is so. */
async function askedAfter(side: 'local' | 'remote', port: number): Promise<boolean[]> {
  const hexadecimal = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = (await readFile('/proc/net/tcp', 'latin1')).split('\n').slice(1);
  const sockets = lines.map((line) => line.trim().split(/\s+/));
  return sockets
    .filter((socket) => socket[3] === ESTABLISHED && socket[side === 'local' ? 1 : 2]?.endsWith(hexadecimal))
    .map((socket) => socket[5]?.startsWith(`${KEEP_ALIVE}:`) === true);
}

test('both sides of a session at rest are kept alive', { timeout: 60_000 }, async () => {
  const port = proxy.ports[0]!;
  const client = await RawImap.connect(proxy.endpoint(0, 'tls'));
  await client.response();
  assert.deepEqual(await askedAfter('local', port), [false], 'a new one does without');
  // The sweep over the sessions comes some seconds after the beginning; the system tells nobody when it was.
  const both = async () => [
    ...(await askedAfter('local', port)),
    ...(await askedAfter('remote', server.port)),
  ];
  while ((await both()).includes(false)) await pause(100);
  assert.deepEqual(await both(), [true, true]);
  client.close();
});
