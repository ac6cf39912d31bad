/** A server in `--from` that means harm, or cannot do what is needed, gets no password. */
import assert from 'node:assert/strict';
import { after, before, mock, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { ServerFault } from '../../../src/cli/hook/imap-client.ts';
import { capabilitiesOf, foldersOf } from '../../../src/cli/hook/live-server.ts';
import type { LiveServer } from '../../../src/cli/hook/server-url.ts';
import { type ScriptedServer, scriptedServer } from '../../support/scripted-server.ts';

let upstream: ScriptedServer;
before(async () => {
  upstream = await scriptedServer();
});
after(() => upstream.stop());

const server = (): LiveServer => ({
  host: '127.0.0.1',
  port: upstream.port,
  tls: 'starttls',
  verify: 'nothing',
  login: { user: 'anna', password: 'geheim' },
});

/** Greets, answers CAPABILITY with `words` and STARTTLS with `starttls`. */
function behaves(words: string, starttls = 'OK'): void {
  upstream.behave(async (peer) => {
    peer.send('* OK hello\r\n');
    for (;;) {
      const [tag, verb] = (await peer.line()).split(' ');
      if (verb === 'CAPABILITY') peer.send(`* CAPABILITY ${words}\r\n${tag} OK done\r\n`);
      else peer.send(`${tag} ${starttls}`);
    }
  });
}

async function refuses(says: RegExp): Promise<void> {
  await assert.rejects(foldersOf(server()), (error: Error) => {
    assert.ok(error instanceof ServerFault);
    assert.match(error.message, says);
    return true;
  });
  assert.ok(!upstream.heard.some((line) => /LOGIN|AUTHENTICATE/.test(line)), upstream.heard.join());
}

test('a server without STARTTLS', async () => {
  behaves('IMAP4rev1 AUTH=PLAIN');
  await refuses(/offers no STARTTLS, and without TLS no password is sent/);
});

test('a server that refuses STARTTLS, or goes on in the clear behind its OK (P16)', async () => {
  behaves('IMAP4rev1 STARTTLS', 'NO not now\r\n');
  await refuses(/refused STARTTLS: not now/);
  behaves('IMAP4rev1 STARTTLS', 'OK begin\r\n* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] injected\r\n');
  await refuses(/between STARTTLS and the handshake/);
  upstream.behave(async (peer) => peer.send('220 smtp.example ESMTP\r\n'));
  await refuses(/does not greet as an IMAP server does/);
});

test('one that speaks no TLS, hangs up, or is not there', async () => {
  await assert.rejects(capabilitiesOf({ ...server(), tls: 'first' }), {
    message: `127.0.0.1:${upstream.port} does no TLS from the first byte (ERR_SSL_WRONG_VERSION_NUMBER); is it imap://?`,
  });
  upstream.behave(async (peer) => void peer.socket.end());
  await refuses(/closed the connection/);
  await assert.rejects(capabilitiesOf({ ...server(), port: 1 }), /127\.0\.0\.1:1 .*nothing listens there/);
});

test('one that waits for a handshake, as a port for TLS from the first byte does', async () => {
  upstream.behave(async () => {});
  const known = upstream.connections;
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const asked = capabilitiesOf(server());
    let answered = false;
    const refused = assert
      .rejects(asked, { message: `127.0.0.1:${upstream.port} said nothing for 15 seconds; is it imaps://?` })
      .finally(() => (answered = true));
    while (upstream.connections === known) await setImmediate();
    while (!answered) {
      await setImmediate();
      mock.timers.tick(15_000);
    }
    await refused;
  } finally {
    mock.timers.reset();
  }
});
