/**
 * The STARTTLS family (P15, P16, A1): bytes behind STARTTLS, on either leg, in one segment, in two, and
 * byte by byte. Whatever is injected is never answered or believed inside TLS.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { everything } from '../support/everything.ts';
import { type RunningProxy, startProxy } from '../support/proxy.ts';
import { without } from '../support/required.ts';
import { type Peer, type ScriptedServer, scriptedServer } from '../support/scripted-server.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';

type Way = 'one segment' | 'two segments' | 'byte by byte';
const ways: readonly Way[] = ['one segment', 'two segments', 'byte by byte'];

describe('STARTTLS injection', { skip: without('openssl') }, () => {
  let folder: string;
  let certificates: Certificates;
  let upstream: ScriptedServer;
  let front: RunningProxy;
  let behind: RunningProxy;
  before(async () => {
    folder = await temporaryFolder();
    certificates = await makeCertificates(folder);
    upstream = await scriptedServer();
    const start = (encryption: 'none' | 'starttls'): Promise<RunningProxy> =>
      startProxy({
        listen: ['starttls'],
        certificates,
        upstream: { port: upstream.port, encryption },
        limits: { handshakeTimeout: '500ms' },
      });
    [front, behind] = await Promise.all([start('none'), start('starttls')]);
  });
  after(async () => {
    await Promise.allSettled([front?.stop(), behind?.stop(), upstream?.stop()]);
    await removeFolder(folder);
  });

  for (const way of ways) {
    for (const injected of ['x LOGIN injected password\r\n', 'x NOOP\r\ny CAPABILITY\r\n', 'x']) {
      test(`P15, in front, ${way}: ${injected.trim().replace(/\s+/g, ' ')}`, async () => {
        upstream.behave(agree);
        const client = connect(front.ports[0]!, '127.0.0.1');
        client.setNoDelay(true);
        const seen = everything(client);
        await once(client, 'data');
        await send(client, 's STARTTLS\r\n', injected, way);
        const said = await seen;
        assert.doesNotMatch(said, /^[xy] /m);
        assert.ok(!upstream.heard.some((line) => /^[xy]/.test(line)), upstream.heard.join('\n'));
      });
    }

    test(`P16, behind, ${way}`, async () => {
      upstream.behave(async (peer) => {
        peer.socket.setNoDelay(true);
        peer.send('* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n');
        const [tag] = (await peer.line()).split(' ');
        await send(
          peer.socket,
          `${tag} OK go\r\n`,
          '* CAPABILITY IMAP4rev1 INJECTED\r\nimapveil2 OK done\r\n',
          way,
        );
      });
      const client = connect(behind.ports[0]!, '127.0.0.1');
      const said = await everything(client);
      assert.match(said, /^(\* BYE [^\r]*\r\n)?$/);
    });
  }
});

/** Sends what is due and what is injected behind it. */
async function send(socket: Socket, due: string, injected: string, way: Way): Promise<void> {
  const pieces = {
    'one segment': [due + injected],
    'two segments': [due, injected],
    'byte by byte': [...(due + injected)],
  };
  for (const piece of pieces[way]) {
    if (socket.destroyed) return;
    await new Promise<void>((resolve) => socket.write(piece, () => setImmediate(resolve)));
  }
}

async function agree(peer: Peer): Promise<void> {
  peer.send('* OK [CAPABILITY IMAP4rev1] ready\r\n');
  for (;;) peer.send(`${(await peer.line()).split(' ')[0]} OK done\r\n`);
}
