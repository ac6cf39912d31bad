import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createHookHost } from '../../src/hooks/host.ts';
import { dismissThread, prepareThread } from '../../src/hooks/spare-thread.ts';
import { capability, folderWith } from './scripted-host.ts';

test('the prepared thread is the one that opens the next script, and one that nobody takes can be dismissed', async (t) => {
  const text = 'function DoCapability(ip, caps) return caps .. "X " end';
  const script = join(folderWith(t, { 'script.lua': text }), 'script.lua');
  let started = 0;
  const count = (): number => started++;
  process.on('worker', count);
  t.after(() => process.off('worker', count));

  prepareThread();
  prepareThread();
  const host = await createHookHost({ script, deadline: 1000, onError: 'pass' }, () => {});
  assert.ok(!('fault' in host));
  assert.equal(await capability(host.openSession(), ' A '), ' A X ');
  assert.equal(started, 1);
  await host.close();

  prepareThread();
  await dismissThread();
  await dismissThread();
  const next = await createHookHost({ script, deadline: 1000, onError: 'pass' }, () => {});
  assert.ok(!('fault' in next));
  assert.equal(started, 3);
  await next.close();
});
