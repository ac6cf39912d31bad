/** `imapveil test`: what it runs, what it says of failures, and with which exit code. */
import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { test as testCommand } from '../../src/cli/test.ts';
import { removeFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { captureIo } from './captured-io.ts';

let folder = '';
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => removeFolder(folder));

/** Writes a script and its tests, and says where the tests are. */
async function write(name: string, script: string, tests: string): Promise<string> {
  await writeFile(join(folder, `${name}.lua`), script);
  await writeFile(join(folder, `${name}_test.lua`), tests);
  return join(folder, `${name}_test.lua`);
}

async function call(...argv: string[]): Promise<{ code: number; output: string; errors: string }> {
  const io = captureIo();
  const code = await testCommand(argv, io);
  return { code, output: io.output().replaceAll(folder, '.'), errors: io.errors().replaceAll(folder, '.') };
}

const script = `local words = require("words")
function DoListResult(name, attributes)
  print("asked for " .. name)
  if name == "fail" then error("no") end
  return name ~= words.hidden, attributes .. " \\\\Seen"
end
function DoId(client, fields) fields.name = nil; return fields end`;

test('tests call the functions of the script, and what they assert holds', async () => {
  await writeFile(join(folder, 'words.lua'), 'return { hidden = "Journal" }');
  await write(
    'imap4',
    script,
    `test("hides", function() assert_false(DoListResult("Journal", "")) end)
test("shows", function()
  local show, attributes = DoListResult("INBOX", "\\\\A")
  assert_true(show)
  assert_equal("\\\\A \\\\Seen", attributes)
end)
test("tables", function() assert_equal({ version = "1", more = {1, 2} }, DoId("", { version = "1", name = "x", more = {1, 2} })) end)
test("errors", function()
  assert_error(function() DoListResult("fail", "") end, "imap4.lua:4: no")
  assert_error(function() error() end)
end)`,
  );
  await mkdir(join(folder, 'deeper'));
  await writeFile(join(folder, 'deeper/x.lua'), 'seen = true');
  await writeFile(
    join(folder, 'deeper/x_test.lua'),
    'test("own state", function() assert_true(seen) assert_equal(nil, DoId) end)',
  );
  assert.deepEqual(await call(folder), {
    code: 0,
    output:
      'ok      ./deeper/x_test.lua  1 test\nok      ./imap4_test.lua  4 tests\n5 tests in 2 files: all passed\n',
    errors: 'asked for Journal\nasked for INBOX\nasked for fail\n',
  });
});

test('what failed is said with the line of the test, or of the script', async () => {
  const file = await write(
    'imap4',
    'function Fails() local a = nil; return a.b end',
    `test("one", function()
  assert_equal("a", "b")
end)
test("two", function() assert_true(nil) end)
test("three", function() assert_equal({ 1, k = "v" }, { 2 }) end)
test("four", function() Fails() end)
test("five", function() assert_error(Fails, "other") end)
test("six", function() assert_error(function() end) end)
test("seven", function() assert_false("x") end)
test("fine", function() end)
error({})`,
  );
  const { code, output } = await call(file);
  assert.equal(code, 1);
  assert.deepEqual(output.split('\n'), [
    'FAILED  ./imap4_test.lua',
    '  one',
    '    imap4_test.lua:2: expected "a", got "b"',
    '  two',
    '    imap4_test.lua:4: expected true, got nil',
    '  three',
    '    imap4_test.lua:5: expected {["k"] = "v", [1] = 1}, got {[1] = 2}',
    '  four',
    "    imap4.lua:1: attempt to index a nil value (local 'a')",
    '  five',
    `    imap4_test.lua:7: expected an error like "other", got "imap4.lua:1: attempt to index a nil value (local 'a')"`,
    '  six',
    '    imap4_test.lua:8: expected an error, and there was none',
    '  seven',
    '    imap4_test.lua:9: expected false, got "x"',
    '    imap4_test.lua:11: (the error is a table value)',
    '8 tests in 1 file: 8 failed',
    '',
  ]);
});

test('a test that loops has failed, and ends the file', async () => {
  const file = await write(
    'loop',
    '',
    'test("first", function() end)\ntest("loops", function() while true do end end)\ntest("never", function() end)',
  );
  const { code, output } = await call(file);
  assert.equal(code, 1);
  assert.match(output, / {2}loops\n {4}loop_test\.lua:2: did not return within 5 seconds\n2 tests/);
});

test('a script or a test file that cannot be run has failed', async () => {
  for (const [name, script, tests, says] of [
    ['broken', 'x = = 1', 'test("x", function() end)', /broken\.lua:1: unexpected symbol/],
    ['syntax', '', 'test("x" function() end)', /syntax_test\.lua:1: '\)' expected near 'function'/],
    ['empty', '', '-- nothing yet', /empty_test\.lua holds no test/],
    ['nofunction', '', '\ntest("x")', /nofunction_test\.lua:2: test "x" has no function/],
  ] as const) {
    const { code, output } = await call(await write(name, script, tests));
    assert.equal(code, 1, name);
    assert.match(output, says);
  }
  await writeFile(join(folder, 'alone_test.lua'), 'test("x", function() end)');
  const alone = await call(join(folder, 'alone_test.lua'));
  assert.equal(alone.code, 1);
  assert.match(alone.output, /The script \.\/alone\.lua cannot be read: there is no such file/);
});

test('the script of a test file is the .lua beside it, and without one what hooks.test would test by it', async () => {
  await write('a', 'seen = "a.lua"', 'test("x", function() assert_equal("a.lua", seen) end)');
  await writeFile(join(folder, 'a'), 'seen = "a"');
  await writeFile(join(folder, 'B.LUA'), 'seen = "B.LUA"');
  await writeFile(join(folder, 'B_test.lua'), 'test("x", function() assert_equal("B.LUA", seen) end)');
  await writeFile(join(folder, 'c'), 'seen = "c"');
  await writeFile(join(folder, 'c_test.lua'), 'test("x", function() assert_equal("c", seen) end)');
  const { code, output } = await call(folder);
  assert.equal(code, 0, output);
  await mkdir(join(folder, 'd'));
  await writeFile(join(folder, 'd_test.lua'), 'test("x", function() end)');
  const without = await call(join(folder, 'd_test.lua'));
  assert.match(without.output, /The script \.\/d\.lua cannot be read: there is no such file/);
});

test('tests run in the sandbox: no files, no processes, no way to the machine', async () => {
  const file = await write(
    'sandbox',
    'seenByScript = { test, assert_equal }',
    `test("closed", function()
  assert_equal(nil, io)
  assert_equal(nil, os.execute)
  assert_equal(nil, debug)
  assert_equal({}, seenByScript)
end)`,
  );
  assert.equal((await call(file)).code, 0);
});

test('nothing to run, and a wrong call, are exit code 2', async () => {
  await writeFile(join(folder, 'script.lua'), '');
  for (const [argv, says] of [
    [[], /name a folder/],
    [[folder], /there is no \*_test\.lua in \./],
    [[join(folder, 'missing')], /there is no \.\/missing/],
    [[join(folder, 'script.lua')], /must end in _test\.lua/],
    [['--verbose'], /--verbose/],
  ] as const) {
    const { code, output, errors } = await call(...argv);
    assert.deepEqual([code, output], [2, ''], argv.join());
    assert.match(errors, says);
  }
  assert.match((await call('--help')).output, /imapveil test FOLDER\|FILE/);
});

/** As somebody to whom the modes of files apply, which they do not to root. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return await work();
  process.seteuid!(65_534);
  try {
    return await work();
  } finally {
    process.seteuid!(0);
  }
}

test('a folder that may not be read, or one in it, is a wrong call', async () => {
  const closed = join(folder, 'closed');
  await mkdir(join(closed, 'in'), { recursive: true });
  await chmod(closed, 0);
  for (const [path, says] of [
    [closed, './closed cannot be read: permission denied'],
    [folder, './closed cannot be read: permission denied'],
    [join(closed, 'in'), './closed/in cannot be read: permission denied'],
    [join(folder, 'none'), 'there is no ./none'],
  ] as const) {
    const { code, errors } = await asNobody(() => call(path));
    assert.deepEqual([code, errors], [2, `imapveil test: ${says}; see imapveil test --help\n`]);
  }
  await chmod(closed, 0o700);
});
