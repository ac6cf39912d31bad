/**
 * Signals beside those of a reload and a stop: SIGHUP at the start and from a closed terminal, and SIGUSR1, at which
 * Node.js would open a debugger's port.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from '../support/child.ts';
import { command } from '../support/command.ts';
import { freePorts } from '../support/ports.ts';
import { program, without } from '../support/required.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';

const compiled = (path: string): string => fileURLToPath(new URL(`../../src/${path}`, import.meta.url));

let folder: string;
before(async () => {
  folder = await temporaryFolder();
});
after(() => removeFolder(folder));

async function configuration(rest: string): Promise<string> {
  const [port] = await freePorts(1);
  const listen = `listen: [{ address: 127.0.0.1, port: ${port}, encryption: starttls }]`;
  const file = join(folder, `${port}.yaml`);
  await writeFile(file, `upstream: { host: demo }\n${listen}\n${rest}\n`);
  return file;
}

test('from the first moment on it ends nothing: the proxy reloads as soon as it serves', {
  timeout: 60_000,
}, async () => {
  const file = await configuration('log: { format: json }');
  // The process sends itself the signal when its configuration is about to be read: nobody outside could know when.
  const early = join(folder, 'early.mjs');
  await writeFile(
    early,
    `import { run } from ${JSON.stringify(compiled('cli/run.js'))};
    const ended = run(['--config', ${JSON.stringify(file)}], process);
    process.kill(process.pid, 'SIGHUP');
    process.exitCode = await ended;`,
  );
  const child = spawn(process.execPath, [early], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  let output = '';
  for await (const chunk of child.stdout) {
    output += chunk;
    if (String(chunk).includes('reloaded (SIGHUP)')) child.kill('SIGTERM');
  }
  assert.deepEqual(await ended, [0, null]);
  assert.match(output, /listening on .*reloaded \(SIGHUP\).*stopped/s);
});

test('when its terminal is closed, a proxy that was started on it ends', {
  skip: without('python3'),
  timeout: 60_000,
}, async () => {
  const file = await configuration('');
  // A terminal of its own, closed when the proxy listens; -1 is the signal SIGHUP, which has the number 1.
  const terminal = `import os, pty, sys
pid, terminal = pty.fork()
if pid == 0: os.execv(sys.argv[1], sys.argv[1:])
seen = b''
while b'listening on' not in seen: seen += os.read(terminal, 4096)
os.close(terminal)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))`;
  const call = [process.execPath, command, 'run', '--config', file];
  const { stdout } = await run(program('python3'), ['-c', terminal, ...call]);
  assert.equal(String(stdout), '-1\n');
});

test('SIGUSR1, by which others open their log files anew, opens no port for a debugger', {
  timeout: 60_000,
}, async () => {
  for (const workers of [1, 2]) {
    const file = await configuration(`workers: ${workers}\nlog: { format: json }`);
    const child = spawn(process.execPath, [command, 'run', '--config', file], { stdio: 'pipe' });
    const ended = once(child, 'exit');
    let errors = '';
    child.stderr.on('data', (chunk) => (errors += chunk));
    let output = '';
    for await (const chunk of child.stdout) {
      const before = output;
      output += chunk;
      const now = (text: string): boolean => output.includes(text) && !before.includes(text);
      if (now('in front of')) {
        for (const pid of [child.pid, ...processes(output)]) process.kill(Number(pid), 'SIGUSR1');
        child.kill('SIGHUP');
      }
      if (now('reloaded (SIGHUP)')) child.kill('SIGTERM');
    }
    assert.deepEqual(await ended, [0, null]);
    assert.equal(processes(output).length, workers === 1 ? 0 : workers);
    assert.equal(errors, '');
  }
});

/** The workers that the log names. */
function processes(output: string): readonly string[] {
  return [...output.matchAll(/"pid":(\d+)/g)].map(([, pid]) => pid!);
}
