/**
 * The few moves on a Lua stack that the rest of the room is written in. Strings are bytes in both directions:
 * nothing that came from a client or a server ever becomes a JS string on its way through Lua (L8).
 */
import { Buffer } from 'node:buffer';
import fengari, { type LuaFunction, type LuaState } from 'fengari';
import { MESSAGE_LENGTH, SHOWN_TRACEBACK, TRACED_ERRORS } from './limits.ts';
import { oneLine } from './one-line.ts';

const { lua, lauxlib, to_luastring } = fengari;

/** The UTF-8 bytes of a literal of ours, as Lua strings are handed over. */
export function literal(text: string): Uint8Array {
  return to_luastring(text);
}

/** `nil`, `number`, `table` … of the value at `index`. */
export function typeName(state: LuaState, index: number): string {
  const type = lua.lua_type(state, index);
  return type === lua.LUA_TNONE ? 'nil' : Buffer.from(lua.lua_typename(state, type)).toString('latin1');
}

/** Puts functions into the table on top of the stack. */
export function setFunctions(state: LuaState, functions: Readonly<Record<string, LuaFunction>>): void {
  for (const [name, value] of Object.entries(functions)) {
    lua.lua_pushcfunction(state, value);
    lua.lua_setfield(state, -2, literal(name));
  }
}

/** Raises a Lua error with the position of the script's line that called the running function. */
export function raise(state: LuaState, message: string): never {
  return lauxlib.luaL_error(state, literal('%s'), literal(message));
}

/**
 * How Lua got to an error. Written down inside of the call that failed, for afterwards nothing of it is left; and for
 * the first few errors of a question only, because one is enough and each costs as much as some calls.
 */
export class Traces {
  /** Of the last error; empty where none was written down for it. */
  last = '';
  #left = 0;

  /** A new question begins. */
  begin(): void {
    this.#left = TRACED_ERRORS;
  }

  /** To be called by the message handler. */
  note(state: LuaState, level: number): void {
    this.last = '';
    if (this.#left <= 0) return;
    this.#left--;
    this.last = traceback(state, state, level);
  }
}

/** Values that fengari has on the stack at once while it writes a traceback; it makes room for fewer itself. */
const TRACE_SLOTS = 20;

/**
 * The calls of `traced` from `level` on, the innermost first, as one line. It is written on the stack of `state`: on
 * that of a coroutine which an error has ended there is no room, and fengari would throw outside of any call.
 */
export function traceback(state: LuaState, traced: LuaState, level: number): string {
  lua.lua_checkstack(state, TRACE_SLOTS);
  lauxlib.luaL_traceback(state, traced, null, level);
  const text = Buffer.from(lua.lua_tostring(state, -1)!).toString('latin1');
  lua.lua_pop(state, 1);
  const frames = text
    .split('\n')
    .slice(1)
    .map((frame) => frame.trim());
  return oneLine(Buffer.from(frames.join(' < '), 'latin1'), SHOWN_TRACEBACK);
}

/**
 * Message handler of every protected call: turns whatever was thrown into a string while still inside of the
 * call, where a `__tostring` of the script's costs it its own deadline and cannot reach the host.
 */
export function errorToString(state: LuaState): number {
  const type = lua.lua_type(state, 1);
  if (type === lua.LUA_TSTRING) return 1;
  pushPosition(state);
  if (
    type === lua.LUA_TNUMBER ||
    lauxlib.luaL_getmetafield(state, 1, literal('__tostring')) !== lua.LUA_TNIL
  ) {
    lauxlib.luaL_tolstring(state, 1);
    lua.lua_replace(state, 1);
    lua.lua_settop(state, 2);
    lua.lua_insert(state, 1);
  } else {
    lua.lua_pushstring(state, literal(`(the error is a ${typeName(state, 1)} value)`));
  }
  lua.lua_concat(state, 2);
  return 1;
}

/** `script.lua:7: ` of the innermost Lua function; `error` itself, one level nearer, has no line. */
function pushPosition(state: LuaState): void {
  lauxlib.luaL_where(state, 1);
  if (lua.lua_tostring(state, -1)!.length > 0) return;
  lua.lua_pop(state, 1);
  lauxlib.luaL_where(state, 2);
}

/**
 * What fengari does with an exception of JS itself (stack too deep, an array that is too large): it becomes an
 * error of the script's. Without this a `pcall` would find a wrong value in its place.
 */
export function nativeErrorToString(state: LuaState): number {
  const thrown = lua.lua_touserdata(state, 1);
  const reason = thrown instanceof Error ? thrown.message : 'unknown';
  lauxlib.luaL_where(state, 1);
  lua.lua_pushstring(state, literal(`the script asked for more than there is (${reason})`));
  lua.lua_concat(state, 2);
  return 1;
}

/** The error on top of the stack as a sentence for the operator, popped. It always begins with a file's name. */
export function popError(state: LuaState, script: string): string {
  const bytes = lua.lua_type(state, -1) === lua.LUA_TSTRING ? lua.lua_tostring(state, -1) : null;
  const message = bytes === null ? 'unknown error' : oneLine(bytes, MESSAGE_LENGTH);
  lua.lua_pop(state, 1);
  return placeIn(message, script) === undefined ? `${script}: ${message}` : message;
}

/** `script.lua:7:` where a message begins so. No module has a space in its name; the script may have some. */
export function placeIn(message: string, script: string): string | undefined {
  const file = message.startsWith(`${script}:`) ? script : /^[^\s:]+/.exec(message)?.[0];
  if (file === undefined) return undefined;
  const line = /^:\d+:(?= )/.exec(message.slice(file.length))?.[0];
  return line && file + line;
}

/**
 * Script text as Lua's own loader for files would read it: without a byte order mark, which Windows editors
 * write, and with a first line that begins with `#` left empty.
 */
export function scriptText(source: Uint8Array): Uint8Array {
  const start = source[0] === 0xef && source[1] === 0xbb && source[2] === 0xbf ? 3 : 0;
  if (source[start] !== 0x23) return source.subarray(start);
  const end = source.indexOf(0x0a, start);
  return end < 0 ? source.subarray(source.length) : source.subarray(end);
}
