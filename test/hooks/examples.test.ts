/** The gallery tests itself, as an operator's scripts do: by the command, one test file for each script. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from '../support/child.ts';
import { command } from '../support/command.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
test('imapveil test hooks/examples', async () => {
  const names = await readdir(`${root}hooks/examples`);
  const scripts = names.filter((name) => name.endsWith('.lua') && !name.endsWith('_test.lua'));
  assert.ok(scripts.length >= 8);
  const { stdout } = await run(process.execPath, [command, 'test', 'hooks/examples'], {
    cwd: root,
    within: 120_000,
    accept: [0, 1],
  });
  const said = stdout.toString();
  assert.doesNotMatch(said, /FAILED/, said);
  for (const script of scripts) {
    const file = `hooks/examples/${script.replace('.lua', '_test.lua')}`;
    assert.match(said, new RegExp(`^ok +${file} +\\d+ tests?$`, 'm'));
  }
});
