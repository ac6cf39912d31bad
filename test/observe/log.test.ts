import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import type { Config } from '../../src/config/config.ts';
import { createLog, type Log } from '../../src/observe/log.ts';

/** What a log wrote by the time that the last call returned. */
function logged(settings: Config['log'], act: (log: Log) => void): string {
  const target = new PassThrough();
  act(createLog(settings, target));
  return String(target.read() ?? '');
}

const JSON_LOG = { level: 'info', format: 'json' } as const;
const PRETTY_LOG = { level: 'info', format: 'pretty' } as const;

test('a line of JSON has the level as a word, the time in ISO 8601, and nothing about the machine', () => {
  const text = logged(JSON_LOG, (log) =>
    log.child({ session: 's1' }).warn({ count: 3 }, 'three bad commands'),
  );
  const { time, ...rest } = JSON.parse(text) as Record<string, unknown>;
  assert.deepEqual(rest, { level: 'warn', session: 's1', count: 3, msg: 'three bad commands' });
  assert.equal(new Date(String(time)).toISOString(), time);
});

test('what is below the level is not written', () => {
  const text = logged({ level: 'warn', format: 'json' }, (log) => {
    log.info('no');
    log.error('yes');
  });
  assert.match(text, /^\{[^\n]*"yes"[^\n]*\}\n$/);
});

const HOSTILE = 'x\r\n{"level":"info","msg":"forged"}\x1b[2J\u009b2J\u2028\x7f';
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]/;

test('A8: what a client sent cannot forge a line or steer a terminal, in no place and no format', () => {
  const error = Object.assign(new Error(HOSTILE), { code: 'ECONNRESET' });
  for (const settings of [JSON_LOG, PRETTY_LOG]) {
    const text = logged(settings, (log) => {
      log.info(HOSTILE);
      log.info({ tag: HOSTILE, list: [HOSTILE] }, 'as a value');
      log.error({ err: error }, 'as an error');
      log.child({ user: HOSTILE }).info('as a child');
    });
    assert.doesNotMatch(text, CONTROL, settings.format);
    assert.ok(!/^x?\{"level":"info","msg":"forged"/m.test(text), text);
  }
  const lines = logged(JSON_LOG, (log) => log.info({ tag: HOSTILE }, HOSTILE)).split('\n');
  assert.equal(lines.length, 2);
});

test('an error keeps its code and where it was', () => {
  const text = logged(JSON_LOG, (log) => {
    log.error({ err: Object.assign(new TypeError('broken'), { code: 'E1' }) }, 'failed');
  });
  const { err } = JSON.parse(text) as { err: Record<string, unknown> };
  assert.deepEqual([err.type, err.message, err.code], ['TypeError', 'broken', 'E1']);
  assert.match(String(err.stack), /^TypeError: broken\n\s+at .*log\.test/);
});

test('pretty is for people: no colours into a file, and the level, the message and the values are there', () => {
  const text = logged(PRETTY_LOG, (log) => log.info({ port: 1143 }, 'listening'));
  assert.match(text, /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\] INFO: listening \{"port":1143\}\n$/);
});

test('pretty is coloured on a terminal', () => {
  const target = Object.assign(new PassThrough(), { isTTY: true });
  createLog(PRETTY_LOG, target).info('listening');
  assert.match(String(target.read()), /\u001b\[32mINFO\u001b\[39m: \u001b\[36mlistening\u001b\[39m/);
});

test('without a format a terminal is shown what is for people, and everything else JSON', () => {
  const terminal = Object.assign(new PassThrough(), { isTTY: true });
  createLog({ level: 'info' }, terminal).info('listening');
  assert.match(String(terminal.read()), /INFO.*listening/);
  assert.match(
    logged({ level: 'info' }, (log) => log.info('listening')),
    /^\{.*"msg":"listening"\}\n$/,
  );
  const jsonOnTerminal = Object.assign(new PassThrough(), { isTTY: true });
  createLog(JSON_LOG, jsonOnTerminal).info('listening');
  assert.match(String(jsonOnTerminal.read()), /^\{.*\}\n$/);
});

test('the last line before an exit is written, in both formats', () => {
  const module = new URL('../../src/observe/log.js', import.meta.url).href;
  for (const format of ['json', 'pretty']) {
    const script = `import { createLog } from '${module}';
      const log = createLog({ level: 'info', format: '${format}' });
      for (let n = 0; n < 500; n++) log.info('line');
      log.info('the last');
      process.exit(3);`;
    const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    assert.equal(status, 3);
    assert.equal(stdout.trimEnd().split('\n').length, 501);
    assert.match(stdout, /the last/);
  }
});

/** What a process does that writes many lines of the log to `output`, in pieces that would be longer than a pipe takes at once. */
function manyLines(output: string): string {
  const module = new URL('../../src/observe/log.js', import.meta.url).href;
  return `node --input-type=module -e "
    import { createLog } from '${module}';
    const log = createLog({ level: 'info', format: 'json' });
    for (let at = 0; at < 3000; at++) log.info({ filler: 'x'.repeat(300) }, 'ended');
    setTimeout(() => console.error('lives'), 50);
  " > ${output}`;
}

test('a full disk costs lines of the log, and not the process', { skip: !existsSync('/dev/full') }, () => {
  const { stderr, status } = spawnSync('/bin/sh', ['-c', manyLines('/dev/full')], { encoding: 'utf8' });
  assert.deepEqual({ stderr, status }, { stderr: 'lives\n', status: 0 });
});

test('lines that several processes write into one pipe stay whole', () => {
  const slowly = 'while read -r line; do echo "$line"; done';
  const three = Array.from({ length: 3 }, () => manyLines('/dev/fd/3 2> /dev/null')).join(' & ');
  const { stdout } = spawnSync('/bin/sh', ['-c', `{ { ${three} & wait; } 3>&1 | ${slowly}; }`], {
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
  });
  const lines = stdout.trimEnd().split('\n');
  assert.equal(lines.length, 9000);
  for (const line of lines) assert.equal((JSON.parse(line) as { msg: string }).msg, 'ended');
});
