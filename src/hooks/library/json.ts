/**
 * `json.decode` and `json.encode`, and the way of any JSON value into Lua. Null is nil: a key that has it is not there.
 * What always holds: text that is wrong, too long or too deep is nil and a message, or a Lua error, and no exception.
 */
import fengari, { type LuaState } from 'fengari';
import { pushValue } from '../call.ts';
import { JSON_DEPTH, JSON_TEXT } from '../limits.ts';
import { literal, raise, typeName } from '../lua-state.ts';

const { lua, lauxlib } = fengari;

/** Pushes what JSON or YAML may hold: strings as UTF-8, whole numbers of 32 bits as integers. */
export function pushJson(state: LuaState, value: unknown): void {
  lua.lua_checkstack(state, 4);
  if (typeof value === 'number') {
    if (Number.isInteger(value) && (value | 0) === value) lua.lua_pushinteger(state, value);
    else lua.lua_pushnumber(state, value);
    return;
  }
  if (typeof value === 'string' || typeof value === 'boolean') {
    pushValue(state, value);
    return;
  }
  if (typeof value !== 'object' || value === null) {
    lua.lua_pushnil(state);
    return;
  }
  lua.lua_newtable(state);
  const entries: Iterable<[number | string, unknown]> = Array.isArray(value)
    ? value.map((each, at): [number, unknown] => [at + 1, each])
    : Object.entries(value);
  for (const [key, each] of entries) {
    pushValue(state, key);
    pushJson(state, each);
    lua.lua_rawset(state, -3);
  }
}

/** `json.decode(text)`: the value, or nil and a message. */
export function decode(state: LuaState): number {
  const bytes = lauxlib.luaL_checkstring(state, 1);
  const value = bytes.length > JSON_TEXT ? undefined : parsed(bytes);
  if (value === undefined || tooDeep(value.json, JSON_DEPTH)) {
    lua.lua_pushnil(state);
    const why =
      bytes.length > JSON_TEXT
        ? `more than ${JSON_TEXT} bytes`
        : value === undefined
          ? 'this is no JSON'
          : 'nested too deeply';
    lua.lua_pushstring(state, literal(why));
    return 2;
  }
  pushJson(state, value.json);
  return 1;
}

function parsed(bytes: Uint8Array): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) };
  } catch {
    return undefined;
  }
}

function tooDeep(value: unknown, left: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return left === 0 || Object.values(value).some((each) => tooDeep(each, left - 1));
}

/** `json.encode(value)`: a table with the keys 1 to n is an array, any other an object. */
export function encode(state: LuaState): number {
  lauxlib.luaL_checkany(state, 1);
  lua.lua_settop(state, 1);
  const value = readJson(state, { bytes: JSON_TEXT, depth: JSON_DEPTH });
  const text = literal(JSON.stringify(value));
  if (text.length > JSON_TEXT) return tooLong(state);
  lua.lua_pushstring(state, text);
  return 1;
}

/**
 * How long and how deep what is still to be read may be. Length is counted before anything is made of a value, and never
 * more of it than its text will have: where one step of V8's own wants more memory than the thread may have, V8 ends the
 * process.
 */
interface Room {
  bytes: number;
  depth: number;
}

function tooLong(state: LuaState): never {
  return raise(state, `the JSON would have more than ${JSON_TEXT} bytes`);
}

function take(state: LuaState, room: Room, bytes: number): void {
  room.bytes -= bytes;
  if (room.bytes < 0) tooLong(state);
}

/** The value on top of the stack, which stays there. Raises a Lua error for what JSON cannot say. */
function readJson(state: LuaState, room: Room): unknown {
  take(state, room, 1);
  switch (lua.lua_type(state, -1)) {
    case lua.LUA_TNIL:
      return null;
    case lua.LUA_TBOOLEAN:
      return lua.lua_toboolean(state, -1);
    case lua.LUA_TNUMBER: {
      const number = lua.lua_tonumber(state, -1);
      return Number.isFinite(number) ? number : raise(state, 'JSON has no such number');
    }
    case lua.LUA_TSTRING:
      return readText(state, room);
    case lua.LUA_TTABLE:
      return readTable(state, room);
    default:
      return raise(state, `a ${typeName(state, -1)} cannot be JSON`);
  }
}

function readText(state: LuaState, room: Room): string {
  const bytes = lua.lua_tostring(state, -1)!;
  take(state, room, bytes.length);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return raise(state, 'a string that is not UTF-8 cannot be JSON');
  }
}

function readTable(state: LuaState, room: Room): unknown {
  if (room.depth === 0) return raise(state, 'this table is nested too deeply, or holds itself');
  take(state, room, 1);
  room.depth--;
  lua.lua_checkstack(state, 4);
  const entries = new Map<string | number, unknown>();
  lua.lua_pushnil(state);
  while (lua.lua_next(state, -2) !== 0) {
    const value = readJson(state, room);
    lua.lua_pop(state, 1);
    entries.set(readKey(state, room), value);
  }
  room.depth++;
  const list = Array.from({ length: entries.size }, (_, at) => entries.get(at + 1));
  if (entries.size > 0 && list.every((each) => each !== undefined)) return list;
  // Its own keys alone: __proto__ is a key like any other.
  return Object.fromEntries([...entries].map(([key, value]) => [String(key), value]));
}

function readKey(state: LuaState, room: Room): string | number {
  switch (lua.lua_type(state, -1)) {
    case lua.LUA_TNUMBER:
      return lua.lua_tonumber(state, -1);
    case lua.LUA_TSTRING:
      return readText(state, room);
    default:
      return raise(state, `a ${typeName(state, -1)} cannot be a key of JSON`);
  }
}
