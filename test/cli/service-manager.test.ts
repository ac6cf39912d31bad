/** The product as systemd starts it with Type=notify: what it says, when, and that nobody else is bothered. */
import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { command } from '../support/command.ts';
import { freePorts } from '../support/ports.ts';
import { program, without } from '../support/required.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';

const withSystemd = { skip: without('systemd-notify', 'python3') };

test(
  'systemd hears READY=1 when the port listens, and STOPPING=1 when it drains',
  withSystemd,
  async (context) => {
    const folder = await folderOf(context);
    const socket = join(folder, 'notify');
    const manager = start(context, program('python3'), ['-c', RECEIVER, socket], {});
    const heard = lines(manager);
    assert.equal(await next(heard), 'bound');

    const { proxy, port } = await startProxy(context, folder, { NOTIFY_SOCKET: socket });
    assert.equal(await next(heard), 'READY=1');
    const client = connect(port, '127.0.0.1');
    const greeting = await new Promise<Buffer>((resolve, reject) => {
      client.once('data', resolve).once('error', reject);
    });
    assert.match(String(greeting), /^\* OK /);

    proxy.kill('SIGTERM');
    assert.equal(await next(heard), 'STOPPING=1');
    client.destroy();
    assert.equal(await exitOf(proxy), 0);
  },
);

test('with workers it is the first process alone that tells, and once', async (context) => {
  const folder = await folderOf(context);
  const calls = await fakeNotify(folder);
  const environment = { NOTIFY_SOCKET: join(folder, 'nobody'), PATH: path(folder) };
  const { proxy, log } = await startProxy(context, folder, environment, 'workers: 2');
  assert.match(await calledTimes(calls, 1), /^READY=1\n$/);
  proxy.kill('SIGTERM');
  assert.equal(await exitOf(proxy), 0);
  assert.match(await calledTimes(calls, 2), /^READY=1\nSTOPPING=1\n$/);
  assert.doesNotMatch(log.join('\n'), /systemd/);
});

test('without NOTIFY_SOCKET nobody is told anything', async (context) => {
  const folder = await folderOf(context);
  const calls = await fakeNotify(folder);
  const { proxy } = await startProxy(context, folder, { PATH: path(folder) });
  proxy.kill('SIGTERM');
  assert.equal(await exitOf(proxy), 0);
  await assert.rejects(readFile(calls), { code: 'ENOENT' });
});

test('where systemd-notify is missing the proxy serves, and the log says what to do', async (context) => {
  const folder = await folderOf(context);
  const environment = { NOTIFY_SOCKET: join(folder, 'nobody'), PATH: folder };
  const { proxy, logged } = await startProxy(context, folder, environment);
  await logged(/systemd could not be told READY=1 .*ENOENT.*set Type=exec/);
  proxy.kill('SIGTERM');
  assert.equal(await exitOf(proxy), 0);
});

/** Datagrams as lines. What systemd-notify sends behind each, to wait until it was read, is not shown. */
const RECEIVER = `
import socket, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1])
print("bound", flush=True)
while True:
    text = receiver.recv(4096).decode()
    if not text.startswith("BARRIER="):
        print(text.strip(), flush=True)
`;

type Child = ChildProcessByStdio<null, Readable, null>;

async function folderOf(context: TestContext): Promise<string> {
  const folder = await temporaryFolder();
  context.after(() => removeFolder(folder));
  return folder;
}

function start(
  context: TestContext,
  file: string,
  words: readonly string[],
  environment: Record<string, string>,
): Child {
  const { NOTIFY_SOCKET: _, ...ours } = process.env;
  const child = spawn(file, words, {
    env: { ...ours, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  context.after(() => child.kill('SIGKILL'));
  return child;
}

/** A proxy in front of the built-in mailbox, once its port listens. */
async function startProxy(
  context: TestContext,
  folder: string,
  environment: Record<string, string>,
  more = '',
) {
  const [port = 0] = await freePorts(1);
  const file = join(folder, 'proxy.yaml');
  await writeFile(
    file,
    `listen: [{ address: 127.0.0.1, port: ${port}, encryption: starttls }]\nupstream: { host: demo }\n${more}\n`,
  );
  const proxy = start(context, process.execPath, [command, 'run', '--config', file], environment);
  const log: string[] = [];
  const heard = lines(proxy);
  const logged = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(log.join('\n'))) log.push(await next(heard));
  };
  await logged(/listening on/);
  return { proxy, port, log, logged };
}

function lines(child: Child): AsyncIterator<string> {
  return createInterface({ input: child.stdout })[Symbol.asyncIterator]();
}

async function next(heard: AsyncIterator<string>): Promise<string> {
  const { value, done } = await heard.next();
  if (done) throw new Error('it ended before it said what was waited for');
  return value;
}

async function exitOf(child: Child): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null)
    await new Promise((resolve) => child.once('exit', resolve));
  return child.exitCode;
}

/** A systemd-notify that writes down how it was called; the result is the file with a line a call. */
async function fakeNotify(folder: string): Promise<string> {
  const calls = join(folder, 'calls');
  const file = join(folder, 'systemd-notify');
  await writeFile(file, `#!/bin/sh\necho "$@" >>'${calls}'\n`);
  await chmod(file, 0o755);
  return calls;
}

function path(folder: string): string {
  return `${folder}${delimiter}${process.env.PATH ?? ''}`;
}

/** What was written once there are so many lines: the program that writes them is nobody's child that waits. */
async function calledTimes(file: string, times: number): Promise<string> {
  for (;;) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (text.split('\n').length > times) return text;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
