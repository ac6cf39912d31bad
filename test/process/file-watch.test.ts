/** What counts as a change of a file, and when it is told. */
import assert from 'node:assert/strict';
import { mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { FileWatch } from '../../src/process/file-watch.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';

const INTERVAL = 30;

async function watching(context: TestContext, names: readonly string[]) {
  const folder = await temporaryFolder();
  const at = (name: string): string => join(folder, name);
  for (const name of names) await writeFile(at(name), `first ${name}`);
  let told = 0;
  let wake = (): void => {};
  const watch = new FileWatch(() => {
    told++;
    wake();
  }, INTERVAL);
  // The watch itself keeps no process alive.
  const alive = setInterval(() => {}, 1000);
  context.after(async () => {
    clearInterval(alive);
    watch.stop();
    await removeFolder(folder);
  });
  await watch.watch(names.map(at), Date.now() + 1000);
  watch.start();
  return {
    watch,
    at,
    told: () => told,
    /** Resolves when a change is told. */
    next: () =>
      new Promise<void>((resolve) => {
        wake = resolve;
      }),
  };
}

test('other bytes, a file that goes and one that comes are changes, told once each', async (context) => {
  const { at, next, told } = await watching(context, ['one', 'two']);
  for (const change of [
    () => writeFile(at('one'), 'other'),
    () => rm(at('two')),
    () => writeFile(at('two'), 'back'),
  ]) {
    const changed = next();
    await change();
    await changed;
  }
  assert.equal(told(), 3);
});

test('the same bytes written again, or touched, are none', async (context) => {
  const { at, next, told } = await watching(context, ['one', 'two']);
  await writeFile(at('one'), 'first one');
  await utimes(at('one'), 1, 1);
  // That nothing is told cannot be awaited.
  await pause(5 * INTERVAL);
  const changed = next();
  await writeFile(at('two'), 'other');
  await changed;
  assert.equal(told(), 1);
});

test('other bytes of the same length and time are a change: the number of the file is another', async (context) => {
  const { at, next } = await watching(context, ['one']);
  const changed = next();
  await writeFile(at('new'), 'FIRST one');
  await rename(at('new'), at('one'));
  await changed;
});

test('a link two folders above that is switched is a change', async (context) => {
  const { at, next, watch } = await watching(context, []);
  for (const version of ['1', '2']) {
    await mkdir(at(version));
    await writeFile(join(at(version), 'file'), `bytes of ${version}`);
  }
  await symlink('1', at('current'));
  await symlink('current', at('mounted'));
  await watch.watch([join(at('mounted'), 'file')], Date.now() + 1000);
  const changed = next();
  await symlink('2', at('next'));
  await rename(at('next'), at('current'));
  await changed;
});

test('what changed before it was acknowledged is not told; what is new and was changed since its reading is', async (context) => {
  const { at, next, told, watch } = await watching(context, ['one', 'two']);
  watch.stop();
  await writeFile(at('one'), 'other');
  await watch.acknowledge();
  const changed = next();
  await watch.watch([at('one'), at('two')], Date.now() + 1000);
  watch.start();
  await writeFile(at('two'), 'other');
  await changed;
  assert.equal(told(), 1);

  const readSince = Date.now() - 1000;
  await writeFile(at('three'), 'changed while the others were read');
  const late = next();
  await watch.watch([at('one'), at('three')], readSince);
  await late;
  assert.equal(told(), 2);
});
