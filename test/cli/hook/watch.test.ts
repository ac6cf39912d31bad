/** `imapveil hook --watch`: again at each save, until Ctrl-C. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { command } from '../../support/command.ts';
import { removeFolder, temporaryFolder } from '../../support/temporary-folder.ts';

test('--watch runs again when the script, or a file beside it, is saved', { timeout: 60_000 }, async (t) => {
  const folder = await temporaryFolder();
  const script = join(folder, 'script.lua');
  const hides = (name: string) => `function DoListResult(f) return f ~= "${name}" end`;
  await writeFile(script, hides('A'));
  const child = spawn(process.execPath, [command, 'hook', 'list', '--watch', '--script', script, 'A', 'B']);
  t.after(async () => {
    child.kill('SIGKILL');
    await removeFolder(folder);
  });
  let said = '';
  let wake = (): void => {};
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk;
      wake();
    });
  }
  /** What one run printed, up to its divider with the time. */
  const nextRun = async (): Promise<string> => {
    const divider = /── \d\d:\d\d:\d\d: waiting for a save of .*script\.lua \(Ctrl-C ends\) ──\n/;
    for (;;) {
      const found = divider.exec(said);
      if (found !== null) {
        const run = said.slice(0, found.index);
        said = said.slice(found.index + found[0].length);
        return run;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };

  assert.equal(await nextRun(), 'A  hidden\nB (\\HasNoChildren)  unchanged\n');
  await writeFile(script, 'function DoListResult(');
  assert.match(await nextRun(), /^script\.lua:1: /);
  await writeFile(script, `local name = require("names")\n${hides('B')}`);
  assert.match(await nextRun(), /names/, 'a module that is missing');
  await writeFile(join(folder, 'names.lua'), 'return 1');
  // A new file beside the script is seen at the next save of the script.
  await writeFile(script, `local name = require("names")\n${hides('B')}\n`);
  assert.equal(await nextRun(), 'A (\\HasNoChildren)  unchanged\nB  hidden\n');
  await writeFile(join(folder, 'names.lua'), 'error("no")');
  assert.match(await nextRun(), /names\.lua:1: no/);

  const ended = once(child, 'exit');
  child.kill('SIGINT');
  assert.deepEqual(await ended, [1, null], 'the exit code of the last run');
});
