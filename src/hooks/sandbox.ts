/**
 * What a script may reach. The libraries are opened one by one and from each only what cannot touch the machine
 * stays (L6): no file, no process, no bytecode, no `debug`, no coroutine, and the string library's metatable
 * is out of reach (L7). Time and memory are not bounded here but by the host: a guard inside Lua can be
 * switched off from Lua (L1, L2).
 */
import fengari, { type LuaFunction, type LuaState } from 'fengari';
import { openBit32 } from './library/bit32.ts';
import { osDate } from './library/date.ts';
import { formatFrom } from './library/format.ts';
import { type LibraryDoors, logAt, openLibrary } from './library/library.ts';
import { mathOf52, tableOf52 } from './library/lua52.ts';
import { REPEATED_STRING } from './limits.ts';
import { errorToString, literal, nativeErrorToString, raise, setFunctions } from './lua-state.ts';

const { lua, lauxlib, lualib } = fengari;

/** What a sandbox needs from outside. */
export interface SandboxDoors extends LibraryDoors {
  readonly require: LuaFunction;
  /** Told of every error that ends a call, with the number of levels that are not the script's. */
  readonly failing: (state: LuaState, level: number) => void;
}

/** A new Lua state that a script may be opened in. Stack index 1 holds the message handler for protected calls. */
export function openSandbox(doors: SandboxDoors): LuaState {
  const state = lauxlib.luaL_newstate();
  lua.lua_atnativeerror(state, nativeErrorToString);
  lua.lua_checkstack(state, 64);
  lua.lua_pushcfunction(state, (raised) => {
    doors.failing(raised, 1);
    return errorToString(raised);
  });

  lauxlib.luaL_requiref(state, literal('_G'), lualib.luaopen_base, 1);
  removeFields(state, ['dofile', 'loadfile', 'collectgarbage']);
  replaceField(state, 'load', textOnly);
  setFunctions(state, { print: logAt('info', doors.print), require: doors.require });
  lua.lua_pop(state, 1);

  lauxlib.luaL_requiref(state, literal('string'), lualib.luaopen_string, 1);
  removeFields(state, ['dump']);
  replaceField(state, 'rep', boundedRepeat);
  replaceField(state, 'format', formatFrom);
  lua.lua_pop(state, 1);
  lockStringMetatable(state);

  lauxlib.luaL_requiref(state, literal('os'), openClock, 1);
  lauxlib.luaL_requiref(state, literal('table'), lualib.luaopen_table, 1);
  setFunctions(state, tableOf52);
  lauxlib.luaL_requiref(state, literal('math'), lualib.luaopen_math, 1);
  setFunctions(state, mathOf52);
  lauxlib.luaL_requiref(state, literal('bit32'), openBit32, 1);
  lauxlib.luaL_requiref(state, literal('utf8'), lualib.luaopen_utf8, 1);
  openLibrary(state, doors);
  lua.lua_settop(state, 1);
  return state;
}

function removeFields(state: LuaState, names: readonly string[]): void {
  for (const name of names) {
    lua.lua_pushnil(state);
    lua.lua_setfield(state, -2, literal(name));
  }
}

/** Puts `wrap(original)` in the place of a function of the table on top. */
function replaceField(state: LuaState, name: string, wrap: (original: LuaFunction) => LuaFunction): void {
  lua.lua_getfield(state, -1, literal(name));
  const original = lua.lua_tocfunction(state, -1);
  lua.lua_pop(state, 1);
  if (original === null) throw new Error(`fengari has no ${name}`);
  setFunctions(state, { [name]: wrap(original) });
}

/** `load` whose mode is always text, whatever the script says: fengari's reader of bytecode checks nothing. */
function textOnly(load: LuaFunction): LuaFunction {
  return (state) => {
    if (lua.lua_gettop(state) < 3) lua.lua_settop(state, 3);
    lua.lua_pushstring(state, literal('t'));
    lua.lua_replace(state, 3);
    return load(state);
  };
}

/** `string.rep` with a bound: unbounded, one call may take 2 GiB that no heap limit counts (L4). */
function boundedRepeat(repeat: LuaFunction): LuaFunction {
  return (state) => {
    const text = lauxlib.luaL_checkstring(state, 1).length;
    const times = lauxlib.luaL_checkinteger(state, 2);
    const separator = lauxlib.luaL_optstring(state, 3, literal('')).length;
    if (times > 0 && times * text + (times - 1) * separator > REPEATED_STRING) {
      return raise(state, `resulting string too large (more than ${REPEATED_STRING} bytes)`);
    }
    return repeat(state);
  };
}

/** The part of `os` that only reads a clock. */
const openClock: LuaFunction = (state) => {
  lualib.luaopen_os(state);
  lua.lua_newtable(state);
  for (const name of ['time', 'clock', 'difftime']) {
    lua.lua_getfield(state, -2, literal(name));
    lua.lua_setfield(state, -2, literal(name));
  }
  lua.lua_remove(state, -2);
  setFunctions(state, { date: osDate });
  return 1;
};

function lockStringMetatable(state: LuaState): void {
  lua.lua_pushstring(state, literal(''));
  lua.lua_getmetatable(state, -1);
  lua.lua_pushboolean(state, false);
  lua.lua_setfield(state, -2, literal('__metatable'));
  lua.lua_pop(state, 2);
}
