import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fengari, quickened } from '../../src/hooks/quick-fengari.ts';

const folder = dirname(createRequire(import.meta.url).resolve('fengari'));
const files = readdirSync(folder).filter((name) => name.endsWith('.js'));
const texts = new Map(files.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));

test('every removal from the stack and the copy of strings are made quick, and nothing else is touched', () => {
  let removals = 0;
  let copies = 0;
  for (const [name, text] of texts) {
    const lines = text.split('\n');
    for (const [at, line] of quickened(text).split('\n').entries()) {
      assert.doesNotMatch(line, /delete \w+\.stack/, `${name}:${at + 1}`);
      if (line === lines[at]) continue;
      if (line.includes('new Uint8Array')) {
        copies++;
        continue;
      }
      removals++;
      assert.match(
        lines[at] ?? '',
        /^\s*delete (L|from)\.stack\[.*\];|^.* delete L\.stack\[--L\.top\];/,
        name,
      );
    }
  }
  assert.equal(copies, 1);
  assert.equal(removals, 29, 'fengari 0.1.5 has as many; another version has to be looked at');
});

test('the fengari that is loaded is the quick one', () => {
  const { lua, lauxlib } = fengari;
  const state = lauxlib.luaL_newstate();
  const { stack } = state as unknown as { readonly stack: readonly unknown[] };
  lua.lua_pushboolean(state, true);
  const at = stack.length;
  const top = lua.lua_gettop(state);
  const slot = stack.findLastIndex((value) => value !== undefined);
  lua.lua_settop(state, top - 1);
  assert.equal(stack.length, at);
  assert.ok(slot in stack && stack[slot] === undefined, 'the slot is emptied, not deleted');
});
