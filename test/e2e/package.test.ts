/**
 * What `npm pack` makes, installed as an operator installs it: the command runs from there, and everything that it
 * needs, and nothing of the workshop, is in it. Where neither npm's cache nor its registry has the packages that the
 * proxy depends on, the part that installs is left out.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { root } from '../support/cases.ts';
import { type Finished, run } from '../support/child.ts';
import { relativeLinks } from '../support/links.ts';
import { freePorts } from '../support/ports.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';

describe('the package', () => {
  let folder: string;
  let tarball: string;
  let files: string[];
  before(async () => {
    folder = await temporaryFolder();
    const { stdout } = await npm('pack', '--json', '--pack-destination', folder);
    const [packed] = JSON.parse(String(stdout)) as { filename: string; files: { path: string }[] }[];
    assert.ok(packed);
    tarball = join(folder, packed.filename);
    files = packed.files.map(({ path }) => path);
  });
  after(() => removeFolder(folder));

  test('holds what an operator needs, and nothing of the workshop', () => {
    for (const needed of [
      'dist/cli/main.js',
      'dist/cli/worker.js',
      'dist/hooks/thread.js',
      'dist/licences.txt',
      'dist/proxy.schema.json',
      'proxy.yaml',
      'hooks/imap4.lua',
      'docs/configuration.md',
      'deploy/kubernetes/base/kustomization.yaml',
      'deploy/systemd/imapveil.service',
      'README.md',
      'CHANGELOG.md',
      'LICENSE',
    ])
      assert.ok(files.includes(needed), needed);
    const workshop = /^(src|test|bench|scripts|build|node_modules)|\.ts$|\/\.|\.tgz$/;
    assert.deepEqual(
      files.filter((path) => workshop.test(path)),
      [],
    );
  });

  test('has everything that its pages link to', async () => {
    const missing: string[] = [];
    for (const page of files.filter((path) => path.endsWith('.md'))) {
      for (const { path, written } of relativeLinks(page, await readFile(new URL(page, root), 'utf8'))) {
        if (!files.some((file) => file === path || file.startsWith(`${path}/`)))
          missing.push(`${page}: ${written}`);
      }
    }
    assert.deepEqual(missing, []);
  });

  test('installs with npm install --global, checks, serves and ends with 0', async (context) => {
    const prefix = join(folder, 'installed');
    const installed = await install(prefix, tarball);
    if (installed.kind === 'unreachable') {
      const sentence = `left out: npm has not got the packages, and no registry answers: ${installed.said}`;
      if (process.env.CI) throw new Error(sentence);
      return context.skip(sentence);
    }
    const command = join(prefix, 'bin', 'imapveil');
    const home = join(prefix, 'lib', 'node_modules', 'imapveil');

    const { version } = JSON.parse(await readFile(new URL('package.json', root), 'utf8'));
    assert.equal(String((await run(command, ['--version'])).stdout), `${version}\n`);
    const checked = await run(command, ['check', '--config', join(home, 'proxy.yaml')]);
    assert.match(String(checked.stdout), /is valid: .*imap4\.lua defines .*DoListResult/);
    assert.match(await readFile(join(home, 'dist', 'proxy.schema.json'), 'utf8'), /json-schema\.org/);

    const [port = 0] = await freePorts(1);
    const file = join(folder, 'proxy.yaml');
    const listen = `listen: [{ address: 127.0.0.1, port: ${port}, encryption: starttls }]`;
    await writeFile(
      file,
      `${listen}\nupstream: { host: demo }\nhooks: { script: '${home}/hooks/imap4.lua' }\n`,
    );
    const proxy = spawn(command, ['run', '--config', file], { stdio: ['ignore', 'pipe', 'inherit'] });
    context.after(() => proxy.kill('SIGKILL'));
    const ended = new Promise((resolve) => proxy.once('exit', (code) => resolve(code)));
    for await (const line of createInterface({ input: proxy.stdout })) {
      if (line.includes('listening on')) break;
    }
    assert.match(await greetingOf(port), /^\* OK .*\r\n$/);
    proxy.kill('SIGTERM');
    assert.equal(await ended, 0);
  });
});

type Installed = { readonly kind: 'installed' } | { readonly kind: 'unreachable'; readonly said: string };

const UNREACHABLE = /ENOTCACHED|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH/;

async function install(prefix: string, tarball: string): Promise<Installed> {
  try {
    await npm('install', '--global', '--prefix', prefix, '--prefer-offline', '--fetch-retries=0', tarball);
    return { kind: 'installed' };
  } catch (error) {
    const [said] = UNREACHABLE.exec((error as Error).message) ?? [];
    if (said === undefined) throw error;
    return { kind: 'unreachable', said };
  }
}

/** As somebody calls it in a shell, with everything that tells npm its registry. */
function npm(...words: readonly string[]): Promise<Finished> {
  const environment = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[0] !== 'NODE_TEST_CONTEXT',
  );
  return run('npm', [...words, '--no-audit', '--no-fund', '--no-update-notifier'], {
    cwd: fileURLToPath(root),
    env: Object.fromEntries(environment),
    within: 120_000,
    group: true,
  });
}

function greetingOf(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const client = connect(port, '127.0.0.1');
    client.once('error', reject).once('data', (data) => {
      client.destroy();
      resolve(String(data));
    });
  });
}
