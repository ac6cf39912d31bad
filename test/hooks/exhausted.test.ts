/** A script that takes its time in a process that has no file left, which the system needs to say how much memory it uses. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { run } from '../support/child.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';

let folder: string;
before(async () => {
  folder = await temporaryFolder();
});
after(() => removeFolder(folder));

test('a call that takes long is answered, and the process lives', async () => {
  const script = join(folder, 'slow.lua');
  const program = join(folder, 'program.mjs');
  await writeFile(
    script,
    'function DoCapability(a, c) local n = 0 while n < 3e6 do n = n + 1 end return " IMAP4rev1 SLOW " end',
  );
  await writeFile(
    program,
    `import { openSync } from 'node:fs';
     import { createHookHost } from ${JSON.stringify(new URL('../../src/hooks/host.js', import.meta.url).href)};
     const host = await createHookHost({ script: ${JSON.stringify(script)}, deadline: 10000, onError: 'hide' }, () => {});
     try {
       for (;;) openSync('/dev/null');
     } catch {}
     const context = { session: 's1', client: '192.0.2.1', server: '192.0.2.2', serverport: 143, tls: false };
     const answer = await host.openSession().ask({ kind: 'capability', capabilities: ' IMAP4rev1 ', context });
     process._rawDebug(answer.capabilities);
     process.exit(0);`,
  );
  const { stderr } = await run('/bin/sh', ['-c', `ulimit -n 100 && exec ${process.execPath} ${program}`]);
  assert.equal(stderr, ' IMAP4rev1 SLOW \n');
});
