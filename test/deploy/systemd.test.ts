/** The unit of deploy/systemd as far as it can be judged where systemd does not run. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { describedSchema } from '../../src/config/json-schema.ts';
import { parseDuration } from '../../src/config/units.ts';
import { root } from '../support/cases.ts';
import { run } from '../support/child.ts';
import { program, without } from '../support/required.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';

const file = new URL('deploy/systemd/imapveil.service', root);
const unit = readFileSync(file, 'utf8');
const withSystemd = { skip: without('systemd-analyze') };

/** In tenths of what systemd counts from 0 to 10. Raise it only with a reason in the unit. */
const EXPOSURE = '17';

test('systemd knows every line of the unit', withSystemd, async () => {
  const folder = await temporaryFolder();
  try {
    const copy = join(folder, 'imapveil.service');
    // The program is not installed here, and a program that is missing is all that may be different.
    await writeFile(copy, unit.replaceAll('=imapveil ', `=${process.execPath} imapveil `));
    const { stdout, stderr } = await run(program('systemd-analyze'), ['verify', '--man=no', copy]);
    const about = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('imapveil'));
    assert.deepEqual(about, []);
  } finally {
    await removeFolder(folder);
  }
});

test('what the service could do to the rest of the machine stays small', withSystemd, async () => {
  const words = ['security', '--offline=true', `--threshold=${EXPOSURE}`, '--no-pager', file.pathname];
  const { stdout } = await run(program('systemd-analyze'), words);
  assert.match(String(stdout), /Overall exposure level for imapveil\.service: [01]\.\d/);
});

test('systemd waits longer for the end than the sessions may take', () => {
  const [, timeout] = /^TimeoutStopSec=(\S+)$/m.exec(unit) ?? [];
  const drain = describedSchema('').properties?.limits?.properties?.drainTimeout?.default;
  const [longer, shorter] = [parseDuration(timeout), parseDuration(drain)];
  assert.ok(longer.kind === 'measured' && shorter.kind === 'measured');
  assert.ok(longer.value > shorter.value + 5000, `${timeout} and ${drain}`);
});
