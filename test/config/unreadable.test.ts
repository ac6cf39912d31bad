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

test('the usual slips in YAML come with what to do', async (context) => {
  const colon =
    'put a value that ends in a colon or has ": " in it between quotes, and indent the keys of a map alike';
  const slips: readonly (readonly [string, string])[] = [
    ['listen:\n  - address: ::\n    port: 143\n', `2:14: ${colon}`],
    ['listen:\n  - { address: ::, port: 143 }\n', `2:16: ${colon}`],
    ['upstream:\n  host: mail\n    port: 143\n', `2:9: ${colon}`],
    ['listen:\n  - address: *\n', '2:14: put a value that begins with * or & between quotes'],
    ['upstream:\n  host: @mail\n', '2:9: put the value between quotes'],
    ['upstream:\n  host:mail\n  port: 143\n', '2:3: write a space behind the colon of a key'],
  ];
  for (const [yaml, expected] of slips) {
    const file = join(folderWith(context, { 'proxy.yaml': yaml }), 'proxy.yaml');
    const result = await loadConfig(file);
    const [fault, ...more] = result.kind === 'faults' ? result.faults.map(formatFault) : [];
    assert.deepEqual(more, [], yaml);
    const [, place, hint] =
      /^:(\d+:\d+): is not valid YAML: .*; (.+)$/.exec(fault?.slice(file.length) ?? '') ?? [];
    assert.equal(`${place}: ${hint}`, expected, fault);
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
