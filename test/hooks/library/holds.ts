/** A piece of Lua that is tried as a script's author would: as the one test of a test file, in the sandbox. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { runTestFile } from '../../../src/hooks/test-file.ts';
import { removeFolder, temporaryFolder } from '../../support/temporary-folder.ts';

/** Every assertion of a piece of Lua holds. Its first line is the second of `x_test.lua`. */
export function holds(what: string, lua: string): void {
  test(what, async () => {
    const folder = await temporaryFolder();
    try {
      await writeFile(join(folder, 'x.lua'), '');
      await writeFile(join(folder, 'x_test.lua'), `test("all of it", function()\n${lua}\nend)`);
      assert.deepEqual(await runTestFile(join(folder, 'x_test.lua'), () => {}), { tests: 1, failures: [] });
    } finally {
      await removeFolder(folder);
    }
  });
}
