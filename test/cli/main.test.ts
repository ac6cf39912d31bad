import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { bugReport, dispatch } from '../../src/cli/dispatch.ts';
import type { Command } from '../../src/cli/io.ts';
import { command } from '../support/command.ts';
import { captureIo } from './captured-io.ts';

const PACKAGE = new URL('../../../package.json', import.meta.url);

/** The real executable, in a process of its own. */
function imapveil(...argv: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [command, ...argv], { encoding: 'utf8' });
}

const mustNotLoad = (): Promise<Command> => Promise.reject(new Error('no command was called'));

test('the executable can be called by its name', () => {
  assert.ok(readFileSync(command, 'utf8').startsWith('#!/usr/bin/env node\n'));
});

test('--version is the version of the package', () => {
  const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string };
  assert.deepEqual(
    { ...imapveil('--version'), pid: 0, output: 0, signal: 0 },
    {
      status: 0,
      stdout: `${version}\n`,
      stderr: '',
      pid: 0,
      output: 0,
      signal: 0,
    },
  );
});

test('--help names every command and fits a screen', () => {
  const { status, stdout, stderr } = imapveil('--help');
  assert.equal(status, 0);
  assert.equal(stderr, '');
  for (const command of ['run', 'check', 'hook', 'demo'])
    assert.match(stdout, new RegExp(`^  imapveil ${command}\\b`, 'm'));
  assert.ok(stdout.split('\n').length <= 25);
});

test('COMMAND --help does not load the command', async () => {
  for (const command of ['run', 'check', 'hook', 'demo']) {
    for (const argv of [
      [command, '--help'],
      [command, 'list', '-h'],
    ]) {
      const io = captureIo();
      assert.equal(await dispatch(argv, io, mustNotLoad), 0);
      assert.match(io.output(), new RegExp(`^imapveil ${command}\\b`));
      assert.equal(io.errors(), '');
    }
  }
});

test('what stands after -- is for the command', async () => {
  const io = captureIo();
  const argv = ['hook', 'list', '--', '--help'];
  const code = await dispatch(argv, io, async () => async (rest) => {
    assert.deepEqual(rest, ['list', '--', '--help']);
    return 7;
  });
  assert.equal(code, 7);
  assert.equal(io.output() + io.errors(), '');
});

test('an unknown command is exit code 2 and the nearest known one', () => {
  const table: readonly (readonly [word: string, said: string])[] = [
    ['chek', 'imapveil: unknown command "chek"; did you mean "check"?; see imapveil --help\n'],
    ['--verison', 'imapveil: unknown option "--verison"; did you mean "--version"?; see imapveil --help\n'],
    ['frobnicate', 'imapveil: unknown command "frobnicate"; see imapveil --help\n'],
    ['toString', 'imapveil: unknown command "toString"; see imapveil --help\n'],
    ['a\x1b[2J', 'imapveil: unknown command "a\\u001b[2J"; see imapveil --help\n'],
  ];
  for (const [word, said] of table) {
    const { status, stdout, stderr } = imapveil(word);
    assert.deepEqual({ status, stdout, stderr }, { status: 2, stdout: '', stderr: said });
  }
});

test('no command at all is the help, on standard error, and exit code 2', () => {
  const { status, stdout, stderr } = imapveil();
  assert.equal(status, 2);
  assert.equal(stdout, '');
  assert.equal(stderr, imapveil('--help').stdout);
});

test('the executable hands back the exit code of the command', () => {
  const { status, stdout, stderr } = imapveil('check', '--config', 'no-such-file.yaml');
  assert.deepEqual(
    { status, stdout, stderr },
    {
      status: 2,
      stdout: '',
      stderr: 'no-such-file.yaml: cannot be read: no such file\n',
    },
  );
});

test('a bug of ours is one line, exit code 1, and the way to the stack', async (context) => {
  const broken: Command = () => Promise.reject(new TypeError('x is\nnot a function'));
  const io = captureIo();
  assert.equal(await dispatch(['run'], io, async () => broken), 1);
  assert.equal(
    io.errors(),
    'imapveil: this is a bug in imapveil: TypeError: x is not a function (IMAPVEIL_DEBUG=1 shows where)\n',
  );
  context.after(() => delete process.env.IMAPVEIL_DEBUG);
  process.env.IMAPVEIL_DEBUG = '1';
  assert.match(bugReport(new TypeError('broken')), /^imapveil: TypeError: broken\n\s+at .*main\.test/);
});
