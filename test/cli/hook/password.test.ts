/** The password that `--from` needs: asked without echo, and never in the call. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { askPassword } from '../../../src/cli/hook/password.ts';
import { type LiveServer, readServer } from '../../../src/cli/hook/server-url.ts';
import { hook } from '../../../src/cli/hook.ts';
import { root } from '../../support/cases.ts';
import { captureIo } from '../captured-io.ts';

const script = fileURLToPath(new URL('test/fixtures/vpop3/list.lua', root));

/** A terminal on which `keys` are typed; `raw` tells how it was set. */
function terminal(keys: string) {
  const io = captureIo();
  const raw: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (mode: boolean) => raw.push(mode),
  });
  stdin.write(keys);
  return { io: { ...io, stdin }, raw };
}

test('what is typed is shown nowhere, and the terminal is left as it was', async () => {
  const { io, raw } = terminal('gehx\x7feim!\r');
  assert.deepEqual(await askPassword('Password: ', io), { kind: 'typed', password: 'geheim!' });
  assert.deepEqual([io.errors(), io.output()], ['Password: \n', '']);
  assert.deepEqual(raw, [true, false]);
});

test('Ctrl-U begins anew, Ctrl-C gives up, and no terminal is no question', async () => {
  const typed = await askPassword('', terminal('wrong\x15right\n').io);
  assert.deepEqual(typed, { kind: 'typed', password: 'right' });
  const { io, raw } = terminal('half\x03');
  assert.deepEqual(await askPassword('', io), { kind: 'given-up' });
  assert.deepEqual(raw, [true, false]);
  assert.deepEqual(await askPassword('', captureIo()), { kind: 'no-terminal' });
});

test('Ctrl-C at the prompt ends the call as it ends others, without a word', async () => {
  const { io } = terminal('half\x03');
  const { IMAPVEIL_PASSWORD: given, ...environment } = process.env;
  process.env = environment;
  try {
    const call = ['list', '--from', 'imaps://anna@mail.example', '--script', script];
    assert.equal(await hook(call, io), 130);
  } finally {
    if (given !== undefined) process.env.IMAPVEIL_PASSWORD = given;
  }
  assert.deepEqual([io.errors(), io.output()], ['Password of anna at mail.example: \n', '']);
});

test('the URL says where, and the environment or the terminal says the password', async () => {
  const read = (url: string, password?: string) =>
    readServer(
      url,
      'certificate',
      captureIo(),
      password === undefined ? {} : { IMAPVEIL_PASSWORD: password },
    );
  const expected: LiveServer = {
    host: 'mail.example',
    port: 993,
    tls: 'first',
    verify: 'certificate',
    login: { user: 'anna@example.org', password: 'pw' },
  };
  assert.deepEqual(await read('imaps://anna@example.org@mail.example', 'pw'), expected);
  assert.deepEqual(await read('imap://[2001:db8::1]:1143'), {
    ...expected,
    host: '2001:db8::1',
    port: 1143,
    tls: 'starttls',
    login: undefined,
  });
  assert.equal((await read('imaps://müller.example')).host, 'xn--mller-kva.example');
  assert.equal((await read('imaps://m%C3%BCller.example')).host, 'xn--mller-kva.example');
  assert.equal((await read('imaps://192.0.2.1')).host, '192.0.2.1');
  for (const [url, says] of [
    ['imaps://anna@100%.example', /imaps:\/\/user@host/],
    ['imaps://anna@a%20b', /imaps:\/\/user@host/],
    ['https://mail.example', /imaps:\/\/user@host/],
    ['mail.example', /imaps:\/\/user@host/],
    ['imaps://anna:geheim@mail.example', /must not hold a password/],
    ['imaps://anna@mail.example', /no terminal .* IMAPVEIL_PASSWORD/],
    ['imaps://100%@mail.example', /%25/],
  ] as const) {
    await assert.rejects(read(url), ({ message }: Error) => {
      assert.match(message, says);
      assert.doesNotMatch(message, /geheim/);
      return true;
    });
  }
});
