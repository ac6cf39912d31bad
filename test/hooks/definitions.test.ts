/** `hooks/imapveil.lua`, which editors read: it is Lua, and names what there is, all of it and nothing else. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runTestFile } from '../../src/hooks/test-file.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';

const definitions = fileURLToPath(new URL('../../../hooks/imapveil.lua', import.meta.url));

/** What Lua itself has and lua-language-server knows, in so far as a script may use it. */
const ofLua =
  /^(_G|_VERSION|assert|error|getmetatable|ipairs|load|next|pairs|pcall|print|rawequal|rawget|rawlen|rawset|require|select|setmetatable|tonumber|tostring|type|xpcall|(math|os|string|table|utf8)(\..*)?)$/;

const scriptFunctions = [
  ...['DoCapability', 'DoCommand', 'DoGreeting', 'DoId', 'DoListResult', 'DoLogin', 'GetEncryption'],
];

let folder = '';
before(async () => {
  folder = await temporaryFolder();
});
after(() => removeFolder(folder));

/** Runs a script and gives the names of all that is in its sandbox, when a test looks, but for what Lua has. */
async function namesIn(script: string): Promise<string[]> {
  await writeFile(join(folder, 'x.lua'), script);
  await writeFile(
    join(folder, 'x_test.lua'),
    `test("names", function()
  for name, value in pairs(_G) do
    print(name)
    if type(value) == "table" and name ~= "_G" then
      for key in pairs(value) do print(name .. "." .. tostring(key)) end
    end
  end
end)`,
  );
  const names: string[] = [];
  const { failures } = await runTestFile(join(folder, 'x_test.lua'), (line) => names.push(line));
  assert.deepEqual(failures, []);
  return names.filter((name) => !ofLua.test(name)).sort();
}

test('it is Lua 5.3, and begins as a file of definitions does', async () => {
  const text = await readFile(definitions, 'utf8');
  assert.match(text, /^---@meta/);
  const names = await namesIn(text);
  for (const name of scriptFunctions) assert.ok(names.includes(name), name);
});

test('every function of the sandbox stands in it, and nothing that is not there', async () => {
  const text = await readFile(definitions, 'utf8');
  const defined = [...text.matchAll(/^function ([\w.]+)\(|^([\w.]+) = \{\}$/gm)].map(
    ([, called, table]) => called ?? table!,
  );
  assert.deepEqual(new Set(defined), new Set([...(await namesIn('')), ...scriptFunctions]));
});

test('each parameter of a function is described, and none that it does not have', async () => {
  const text = await readFile(definitions, 'utf8');
  for (const [, comment = '', name = '', list = ''] of text.matchAll(
    /((?:^---.*\n)+)^function ([\w.]+)\((.*)\) end$/gm,
  )) {
    const described = [...comment.matchAll(/^---@param ([\w.]+)\??(?= )/gm)].map(
      ([, parameter]) => parameter,
    );
    assert.deepEqual(described, list.split(', ').filter(Boolean), name);
  }
});
