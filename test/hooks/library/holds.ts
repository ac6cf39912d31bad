/** A piece of Lua that is tried as a script's author would: as the one test of a test file, in the sandbox. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { runTestFile } from '../../../src/hooks/test-file.ts';
import { command } from '../../support/command.ts';
import { removeFolder, temporaryFolder } from '../../support/temporary-folder.ts';

/** Every assertion of a piece of Lua holds. Its first line is the second of `x_test.lua`. */
export function holds(what: string, lua: string): void {
  test(what, () =>
    withTestFile(lua, async (folder) => {
      assert.deepEqual(await runTestFile(join(folder, 'x_test.lua'), () => {}), { tests: 1, failures: [] });
    }),
  );
}

/** As `holds`, by the program itself with these variables: for what could end it, and for the time zone. */
export function holdsInProgram(
  what: string,
  lua: string,
  variables: Readonly<Record<string, string>> = {},
): void {
  test(what, () =>
    withTestFile(lua, async (folder) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [command, 'test', folder], {
        encoding: 'utf8',
        env: { ...process.env, ...variables },
      });
      assert.equal(status, 0, stdout + stderr);
    }),
  );
}

async function withTestFile(lua: string, use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await temporaryFolder();
  try {
    await writeFile(join(folder, 'x.lua'), '');
    await writeFile(join(folder, 'x_test.lua'), `test("all of it", function()\n${lua}\nend)`);
    await use(folder);
  } finally {
    await removeFolder(folder);
  }
}
