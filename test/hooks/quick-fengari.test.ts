/** What the build changes in fengari: nothing else than what is named, and nothing that a script could notice but that strings are told apart. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type fengariTypes from 'fengari';
import { root } from '../support/cases.ts';
import { holdsInProgram } from './library/holds.ts';

type Fengari = typeof fengariTypes;

const { quickened, changedFiles } = (await import(new URL('scripts/quick-fengari.mjs', root).href)) as {
  quickened(name: string, source: string): string;
  readonly changedFiles: readonly string[];
};

const require = createRequire(import.meta.url);
const folder = dirname(require.resolve('fengari'));
const textOf = (name: string): string => readFileSync(join(folder, name), 'utf8');

test('every removal from the stack is made quick', () => {
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.js'))) {
    assert.doesNotMatch(quickened(name, textOf(name)), /delete \w+\.stack/, name);
  }
});

test('another text than the one that was looked at fails the build', () => {
  for (const name of changedFiles) {
    assert.throws(
      () => quickened(name, 'module.exports = {};'),
      new RegExp(`^Error: fengari's ${name} has `),
    );
  }
});

test('the fengari in the program is the quick one', () => {
  const chunks = new URL('dist/chunks/', root);
  const texts = readdirSync(chunks).map((file) => readFileSync(new URL(file, chunks), 'utf8'));
  const [fengari = '', ...others] = texts.filter((text) => text.includes('fengari/src/ldo.js'));
  assert.deepEqual(others, []);
  assert.equal(fengari.match(/\b(?:L|from)\.stack\[[^\]]*\] = void 0;/g)?.length, 29);
  // Not `doesNotMatch`, which would show half a megabyte.
  assert.equal(/\bdelete \w+\.stack|Uint8Array\.from\.bind|str\[i\]\.toString\(16\)/.exec(fengari), null);
});

/** fengari as it would run in the program, or as it comes. */
function load(change: (name: string, source: string) => string): Fengari {
  for (const path of Object.keys(require.cache)) if (path.startsWith(folder)) delete require.cache[path];
  const compiler = Module.prototype as unknown as { _compile(source: string, file: string): unknown };
  const compile = compiler._compile;
  compiler._compile = function (source, file) {
    const ours = dirname(file) === folder;
    return compile.call(this, ours ? change(basename(file), source) : source, file);
  };
  try {
    return require('fengari') as Fengari;
  } finally {
    compiler._compile = compile;
  }
}

/** What a function of Lua makes of strings: the bytes of what it returns, or of its error. */
function running({ lua, lauxlib, lualib, to_luastring }: Fengari) {
  const state = lauxlib.luaL_newstate();
  lauxlib.luaL_requiref(state, to_luastring('_G'), lualib.luaopen_base, 1);
  lauxlib.luaL_requiref(state, to_luastring('string'), lualib.luaopen_string, 1);
  lauxlib.luaL_requiref(state, to_luastring('table'), lualib.luaopen_table, 1);
  return (code: string, values: readonly Uint8Array[]): string => {
    lua.lua_settop(state, 0);
    const source = to_luastring(code);
    assert.equal(lauxlib.luaL_loadbufferx(state, source, source.length, source, to_luastring('t')), 0);
    for (const value of values) lua.lua_pushstring(state, value);
    const failed = lua.lua_pcall(state, values.length, 1, 0) !== lua.LUA_OK;
    const text = Buffer.from(lauxlib.luaL_tolstring(state, -1)).toString('latin1');
    return failed ? `error: ${text}` : text;
  };
}

const asItComes = running(load((_, source) => source));
const asItRuns = running(load(quickened));

/** Each takes `text`, `other` and `short`; every byte of the result counts. */
const calls = [
  'string.sub(text, #short)',
  'string.sub(text, -#short - 1, -2)',
  'string.sub(text, #other, #text + 5)',
  'table.concat({ string.find(text, other, 1, true) }, ",")',
  'table.concat({ string.find(text, short, #short, true) }, ",")',
  'table.concat({ string.find(text, "([%w]+)(.?)()") }, ",")',
  'string.match(text, "^(.-)%s") or "none"',
  'string.match(text, "(.)%1") or "none"',
  'string.gsub(text, " IDLE ", " ")',
  'string.gsub(text, "%w+", "<%0%%%0>")',
  'string.gsub(text, "(.)(.)", "%2%1", #short)',
  'string.gsub(text, "%w", { a = "bc", d = false })',
  'string.gsub(text, ".", function(each) return each == "a" and other or nil end)',
  'string.gsub(text, "^.", short)',
  'string.gsub(text, "", other)',
  'string.upper(text) .. string.lower(other) .. string.reverse(short)',
  'string.rep(text, #short % 5, other)',
  'string.format("%q|%s|%-20s|%.3s", text, other, short, text)',
];
const gathered = `local all = {} for a, b in string.gmatch(text, "(%w*)(.-)") do all[#all + 1] = a .. ":" .. b end
  return table.concat(all, ";")`;

/** Of few letters, so that they meet; some longer than what V8 keeps within its heap. */
const text = (longest: number) =>
  fc.oneof(
    fc.stringMatching(new RegExp(`^(?:a|b|ab|d| |IDLE| IDLE |%|x1){0,${longest}}$`)),
    fc.uint8Array({ maxLength: longest }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  );

test('what scripts do with strings comes out as it did', () => {
  const values = fc.tuple(text(60), text(4), text(3));
  fc.assert(
    fc.property(
      fc.constantFrom(...calls.map((call) => `return (${call})`), gathered),
      values,
      (call, given) => {
        const code = `local text, other, short = ...\n${call}`;
        const bytes = given.map((each) => Buffer.from(each, 'latin1'));
        assert.equal(asItRuns(code, bytes), asItComes(code, bytes), call);
      },
    ),
    { numRuns: 3000 },
  );
});

test('two strings are two keys of a table', () => {
  const code = 'local one, other = ...  local keys = { [one] = "one" }  return keys[other] or "none"';
  const hidden = Buffer.from('Hidden');
  const digits = hidden.toString('hex');
  // The same digits, taken apart in other places.
  const odd = Buffer.from(
    [digits[0]!, ...(digits.slice(1, -1).match(/../g) ?? []), digits.at(-1)!].map((each) =>
      Number.parseInt(each, 16),
    ),
  );
  assert.equal(asItRuns(code, [hidden, odd]), 'none');
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 6, max: 0x21 }),
      fc.uint8Array({ maxLength: 6, max: 0x21 }),
      (one, other) => {
        const same = Buffer.compare(one, other) === 0;
        assert.equal(asItRuns(code, [one, other]), same ? 'one' : 'none');
      },
    ),
  );
  const long = Buffer.alloc(5000, 'abc');
  assert.equal(asItRuns(code, [long, Buffer.from(long)]), 'one');
  for (const at of [0, 1023, 1024, 1025, 2047, 2048, 4999]) {
    const changed = Buffer.from(long);
    changed[at] = 0;
    assert.equal(asItRuns(code, [long, changed]), 'none', String(at));
  }
});

test('strings are in the order of their bytes', () => {
  const order = 'local one, other = ...  return tostring(one < other)';
  const bytes = fc.uint8Array({ maxLength: 4, max: 0x21 });
  fc.assert(
    fc.property(bytes, bytes, (one, other) => {
      assert.equal(asItRuns(order, [one, other]), String(Buffer.compare(one, other) < 0));
    }),
  );
});

holdsInProgram(
  'the name of a long string as a key never ends the process, and comparing needs none',
  `local long = string.rep("\\255", 1048576)
  assert_equal("found", ({ [long] = "found" })[long])
  assert_error(function() return ({})[long .. "x"] end, "a key of a table with more than 1048576 bytes")
  local parts = {}
  for at = 1, 27 do parts[at] = long end
  local longer = table.concat(parts)
  assert_true(longer < longer .. "x")
  assert_true(longer <= longer .. "")
  assert_false(longer .. "x" <= longer)
  assert_true(longer .. "a" < longer .. "b")`,
);

test('what is written between braces is gone through in its order', () => {
  const each =
    'local order = {} for _, value in pairs(all) do order[#order + 1] = value end return table.concat(order)';
  const values = ['a', 'b', 'c'].map((value) => Buffer.from(value));
  assert.equal(asItRuns(`local all = { ... } ${each}`, values), 'abc');
  assert.equal(asItRuns(`local all = { "x", ..., "y", "z" } ${each}`, values), 'xayz');
  const many = Array.from({ length: 120 }, (_, at) => `"${at} "`).join();
  assert.equal(asItRuns(`local all = { ${many} } ${each}`, []), many.replaceAll(/[",]/g, ''));
});

test('string.char says what is wrong with a byte that is none', () => {
  const said = /bad argument #2 to 'string.char' \(value out of range\)$/;
  assert.match(asItRuns('return select(2, pcall(string.char, 65, 256))', []), said);
});
