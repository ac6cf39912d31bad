/** A proxy.yaml that cannot be read at all, or not as YAML, is a fault like others and no exception. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatFault } from '../../src/config/fault.ts';
import { loadConfig } from '../../src/config/load.ts';
import { folderWith } from './temporary.ts';

test('text that is not YAML is a fault with its place, not an exception', async (context) => {
  const broken = [
    'a: [1,\nb: }\n',
    'upstream:\n\thost: mail\n',
    'a: "x\n',
    'upstream: host: mail\n',
    '%\n',
    'a: !!int x\n',
  ];
  for (const yaml of broken) {
    const file = join(folderWith(context, { 'proxy.yaml': yaml }), 'proxy.yaml');
    const result = await loadConfig(file);
    assert.equal(result.kind, 'faults', yaml);
    for (const fault of result.kind === 'faults' ? result.faults : []) {
      assert.match(formatFault(fault).slice(file.length), /^:\d+:\d+: .*\S$/, yaml);
    }
  }
});

test('a file that cannot be read is one fault without a line', async (context) => {
  const folder = folderWith(context, {});
  const said = async (file: string) => {
    const result = await loadConfig(file);
    return result.kind === 'faults' ? result.faults.map(formatFault) : [];
  };
  const missing = join(folder, 'proxy.yaml');
  assert.deepEqual(await said(missing), [`${missing}: cannot be read: no such file`]);
  assert.deepEqual(await said(folder), [`${folder}: cannot be read: it is a directory`]);
});

test('a file that is not UTF-8 is refused as a whole', async (context) => {
  const file = join(folderWith(context, {}), 'proxy.yaml');
  await writeFile(file, Buffer.from('upstream: { host: m\xfcller }', 'latin1'));
  const result = await loadConfig(file);
  assert.deepEqual(result.kind === 'faults' && result.faults.map(formatFault), [
    `${file}: is not UTF-8 text; save it with the encoding UTF-8`,
  ]);
});

test('aliases that multiply beyond reason are refused, not unfolded', async (context) => {
  const levels = Array.from(
    { length: 12 },
    (_, n) => `l${n + 1}: &l${n + 1} [${Array(12).fill(`*l${n}`).join(', ')}]`,
  );
  const yaml = ['l0: &l0 x', ...levels].join('\n');
  const file = join(folderWith(context, { 'proxy.yaml': yaml }), 'proxy.yaml');
  const result = await loadConfig(file);
  assert.equal(result.kind, 'faults');
});
