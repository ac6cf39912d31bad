/** `imapveil hook` on a terminal: what changed, in colour, and nothing that a terminal would obey. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { difference } from '../../../src/cli/hook/difference.ts';
import { hook } from '../../../src/cli/hook.ts';
import { removeFolder, temporaryFolder } from '../../support/temporary-folder.ts';
import { captureIo } from '../captured-io.ts';

let folder = '';
let script = '';
before(async () => {
  folder = await temporaryFolder();
  script = join(folder, 'script.lua');
  await writeFile(
    script,
    `function DoCapability(ip, caps) return (string.gsub(caps, " IDLE ", " NEW ")) end
function DoListResult(f, a, e) return f ~= "Hidden", a == "" and "\\\\Sent" or a, e end`,
  );
});
after(() => removeFolder(folder));

/** A terminal that shows colours, or not. */
async function onTerminal(colours: boolean, ...argv: string[]): Promise<string> {
  const io = captureIo();
  const stdout = Object.assign(io.stdout, { isTTY: true, hasColors: () => colours });
  assert.equal(await hook([...argv, '--script', script], { ...io, stdout }), 0);
  return io.output();
}

const colour = (code: string, text: string) => `\x1b[${code}m${text}\x1b[0m`;

test('a changed list is two lines, the words that only one has in bold', async () => {
  const same = (code: string, ...texts: string[]) => texts.map((text) => colour(code, text)).join('');
  assert.equal(
    await onTerminal(true, 'capability', 'A IDLE B'),
    `${same('31', '- ', 'A', ' ')}${colour('31;1', 'IDLE')}${same('31', ' ', 'B')}\n` +
      `${same('32', '+ ', 'A', ' ')}${colour('32;1', 'NEW')}${same('32', ' ', 'B')}\n`,
  );
});

test('a hidden folder is red, one that stays as it is is faint', async () => {
  assert.equal(
    await onTerminal(true, 'list', 'Hidden', 'INBOX'),
    `${colour('31', '- Hidden (\\HasNoChildren)  hidden')}\n${colour('2', '  INBOX (\\HasNoChildren)')}\n`,
  );
});

test('a terminal without colours, NO_COLOR for one, gets the lines that a pipe gets', async () => {
  assert.equal(await onTerminal(false, 'capability', 'A IDLE B'), 'A IDLE B → A NEW B\n');
});

test('what a name holds never reaches the terminal as a command to it (A8)', async () => {
  const io = captureIo();
  const stdout = Object.assign(io.stdout, { hasColors: () => true });
  const { PassThrough } = await import('node:stream');
  const stdin = new PassThrough().end('* LIST () "/" "a\x1b]0;x\x07"\r\n');
  assert.equal(await hook(['list', '--script', script], { ...io, stdin, stdout }), 0);
  assert.ok(io.output().includes('a\\x1b]0;x\\x07'));
});

test('--json writes what a terminal would obey as \\uXXXX, and a program reads the same text (A8)', async () => {
  const { PassThrough } = await import('node:stream');
  const io = captureIo();
  const line = '* LIST () "/" "a\u009b2J\u202eb\x7f\u2028ü🗑"';
  const stdin = new PassThrough().end(`${line}\r\n`);
  assert.equal(await hook(['list', '--json', '--script', script], { ...io, stdin }), 0);
  const written = io.output().trimEnd();
  assert.ok(written.includes('a\\u009b2J\\u202eb\\u007f\\u2028ü🗑'), written);
  const { input, output } = JSON.parse(written) as Record<string, string>;
  assert.deepEqual([input, output], [line, line.replace('()', '(\\Sent)')]);
});

test('the difference is the shortest, and joins to both lines', () => {
  for (const [before, after, changes] of [
    ['A B C', 'A C', 2],
    ['A (\\x) "a b" d', 'A (\\x \\y) "a c" d', 4],
    ['', 'A', 1],
    ['A  B', 'A B', 2],
    ['same', 'same', 0],
  ] as const) {
    const parts = difference(before, after);
    const joined = (left: string) =>
      parts
        .filter(({ kind }) => kind !== left)
        .map(({ text }) => text)
        .join('');
    assert.equal(joined('added'), before);
    assert.equal(joined('removed'), after);
    assert.equal(parts.filter(({ kind }) => kind !== 'same').length, changes, before);
  }
});

test('of lines that are too long to compare, all but a common beginning and end is removed and added', () => {
  const words = (count: number, word: string) =>
    Array.from({ length: count }, (_, at) => `${word}${at}`).join(' ');
  const [before, after] = [`A ${words(8000, 'b')} Z`, `A ${words(8000, 'c')} Z`];
  const parts = difference(before, after);
  assert.deepEqual(
    parts
      .map(({ kind, text }) => (kind === 'same' ? text : kind))
      .filter((each, at, all) => each !== all[at - 1]),
    ['A', ' ', 'removed', 'added', ' ', 'Z'],
  );
  assert.equal(
    difference(`${before} x ${before}`, `${before} y ${before}`).filter(({ kind }) => kind !== 'same').length,
    2,
  );
});
