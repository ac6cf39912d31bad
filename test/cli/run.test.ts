/** What `run` says before it serves; how it serves is in test/e2e. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { check } from '../../src/cli/check.ts';
import { run } from '../../src/cli/run.ts';
import { folderWith } from '../config/temporary.ts';
import { captureIo } from './captured-io.ts';

test('run says of a script and of everything else what check says, and its exit code is 2', async (context) => {
  for (const [name, yaml, lines] of [
    ['the script alone', 'upstream: { host: mail }\nhooks: { script: wrong.lua }\n', 1],
    ['several workers', 'upstream: { host: mail }\nhooks: { script: wrong.lua }\nworkers: 2\n', 1],
    [
      'a port, a certificate and the script',
      'upstream: { host: mail, port: 0 }\ntls: { certificates: [{ cert: a, key: b }] }\nhooks: { script: wrong.lua }\n',
      3,
    ],
    [
      'a certificate beside a script that is right',
      'upstream: { host: mail }\ntls: { certificates: [{ cert: a, key: b }] }\nhooks: { script: right.lua }\n',
      1,
    ],
    [
      'a port beside a script that needs its settings',
      'upstream: { host: mail, port: 0 }\nhooks: { script: needy.lua, settings: { hidden: [Journal] } }\n',
      1,
    ],
    [
      'settings that are no map',
      'upstream: { host: mail }\nhooks: { script: needy.lua, settings: [Journal] }\n',
      1,
    ],
    [
      'settings under a slip of the pen',
      'upstream: { host: mail }\nhooks: { script: needy.lua, setings: { hidden: [Journal] } }\n',
      1,
    ],
  ] as const) {
    const folder = folderWith(context, {
      'proxy.yaml': yaml,
      'wrong.lua': 'return x y',
      'right.lua': 'function DoCapability(ip, caps) return caps end',
      'needy.lua': 'for _, name in ipairs(config.hidden) do print(name) end',
    });
    const argv = ['--config', join(folder, 'proxy.yaml')];
    const [checked, ran] = [captureIo(), captureIo()];
    assert.equal(await check(argv, checked), 2, name);
    assert.equal(await run(argv, ran), 2, name);
    const said = ran.errors();
    assert.equal(said, checked.errors(), name);
    assert.equal(said.split('\n').length - 1, lines, name);
    assert.equal(ran.output(), '', name);
  }
});
