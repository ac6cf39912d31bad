/**
 * `require` for scripts: another text file in the script's own folder, or one of the libraries that are open
 * anyway. No name and no symbolic link leads out of that folder.
 */
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import fengari, { type LuaFunction, type LuaState } from 'fengari';
import { SCRIPT_FILE } from './limits.ts';
import { literal, raise, scriptText } from './lua-state.ts';
import { oneLine } from './one-line.ts';

const { lua, lauxlib } = fengari;

const moduleName = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;

/** Where in the registry the open libraries are, and what `require` has returned before. */
const LOADED = literal('_LOADED');

/**
 * Makes the `require` of one Lua state. `sources` holds the text of modules read before, by name, and is added
 * to: a thread that replaces another must run the same text, whatever has become of the files.
 */
export function requireFrom(folder: string, sources: Map<string, Uint8Array>): LuaFunction {
  const loading = new Set<string>();

  return (state) => {
    const name = oneLine(lauxlib.luaL_checkstring(state, 1), 100);
    lua.lua_settop(state, 1);
    lua.lua_getfield(state, lua.LUA_REGISTRYINDEX, LOADED);
    lua.lua_pushvalue(state, 1);
    if (lua.lua_rawget(state, 2) !== lua.LUA_TNIL) return 1;
    lua.lua_pop(state, 1);

    if (!moduleName.test(name))
      return raise(state, `module '${name}': not a name of letters, digits, _, - and dots`);
    if (loading.has(name)) return raise(state, `module '${name}' requires itself`);
    const file = `${name.replaceAll('.', '/')}.lua`;
    const source = sources.get(name) ?? readModule(folder, file);
    if (typeof source === 'string') return raise(state, `module '${name}': ${file} ${source}`);
    sources.set(name, source);

    loading.add(name);
    try {
      run(state, file, source);
    } finally {
      loading.delete(name);
    }
    lua.lua_pushvalue(state, 1);
    lua.lua_pushvalue(state, -2);
    lua.lua_rawset(state, 2);
    return 1;
  };
}

/** Runs the module and leaves its value on top: what it returned, or true. */
function run(state: LuaState, file: string, source: Uint8Array): void {
  const text = scriptText(source);
  const status = lauxlib.luaL_loadbufferx(state, text, text.length, literal(`@${file}`), literal('t'));
  if (status !== lua.LUA_OK) lua.lua_error(state);
  lua.lua_pushvalue(state, 1);
  lua.lua_call(state, 1, 1);
  if (lua.lua_type(state, -1) !== lua.LUA_TNIL) return;
  lua.lua_pop(state, 1);
  lua.lua_pushboolean(state, true);
}

/** The file's bytes, or the end of a sentence that says why not. */
function readModule(folder: string, file: string): Uint8Array | string {
  let descriptor: number;
  try {
    // Both are resolved: where scripts are mounted by symbolic links, the folder is one itself.
    const path = realpathSync(join(folder, file));
    if (!path.startsWith(realpathSync(folder) + sep))
      return 'is a link that leads out of the folder of the script';
    // Without O_NONBLOCK a named pipe would hold the thread.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return 'cannot be read in the folder of the script';
  }
  try {
    const { size } = fstatSync(descriptor);
    if (!fstatSync(descriptor).isFile()) return 'is not a file';
    if (size > SCRIPT_FILE) return `is larger than ${SCRIPT_FILE} bytes`;
    const bytes = new Uint8Array(size);
    return bytes.subarray(0, readSync(descriptor, bytes));
  } finally {
    closeSync(descriptor);
  }
}
