/** The part of fengari that the hook room uses; the package brings no types. Strings are bytes, never JS strings. */
declare module 'fengari' {
  /** A Lua state: only ever handed back to fengari. */
  export interface LuaState {
    readonly l_G: object;
  }
  export type LuaFunction = (state: LuaState) => number;
  export interface Debug {
    currentline: number;
    linedefined: number;
    short_src: Uint8Array;
    nparams: number;
    isvararg: boolean;
  }

  interface Lua {
    readonly LUA_OK: 0;
    readonly LUA_YIELD: 1;
    readonly LUA_MULTRET: -1;
    readonly LUA_REGISTRYINDEX: number;
    readonly LUA_TNONE: -1;
    readonly LUA_TNIL: 0;
    readonly LUA_TBOOLEAN: 1;
    readonly LUA_TNUMBER: 3;
    readonly LUA_TSTRING: 4;
    readonly LUA_TTABLE: 5;
    readonly LUA_TFUNCTION: 6;
    readonly lua_Debug: new () => Debug;
    lua_atnativeerror(state: LuaState, handler: LuaFunction): void;
    lua_call(state: LuaState, args: number, results: number): void;
    lua_checkstack(state: LuaState, slots: number): boolean;
    lua_concat(state: LuaState, count: number): void;
    lua_copy(state: LuaState, from: number, to: number): void;
    lua_error(state: LuaState): never;
    lua_getfield(state: LuaState, index: number, key: Uint8Array): number;
    lua_getinfo(state: LuaState, what: Uint8Array, into: Debug): number;
    lua_getmetatable(state: LuaState, index: number): boolean;
    lua_getstack(state: LuaState, level: number, into: Debug): number;
    lua_gettop(state: LuaState): number;
    lua_insert(state: LuaState, index: number): void;
    lua_isyieldable(state: LuaState): boolean;
    lua_newtable(state: LuaState): void;
    lua_newthread(state: LuaState): LuaState;
    /** 0: there is no more, and nothing was pushed. */
    lua_next(state: LuaState, index: number): number;
    lua_pcall(state: LuaState, args: number, results: number, handler: number): number;
    lua_pop(state: LuaState, count: number): void;
    lua_pushboolean(state: LuaState, value: boolean): void;
    lua_pushcfunction(state: LuaState, value: LuaFunction): void;
    lua_pushglobaltable(state: LuaState): void;
    lua_pushinteger(state: LuaState, value: number): void;
    lua_pushnil(state: LuaState): void;
    lua_pushnumber(state: LuaState, value: number): void;
    lua_pushstring(state: LuaState, value: Uint8Array): void;
    lua_pushvalue(state: LuaState, index: number): void;
    lua_rawequal(state: LuaState, one: number, other: number): boolean;
    lua_rawget(state: LuaState, index: number): number;
    lua_rawset(state: LuaState, index: number): void;
    lua_remove(state: LuaState, index: number): void;
    lua_replace(state: LuaState, index: number): void;
    lua_setfield(state: LuaState, index: number, key: Uint8Array): void;
    /** Runs a coroutine, or goes on with it, with the topmost values of its stack. */
    lua_resume(coroutine: LuaState, from: LuaState, args: number): number;
    lua_settop(state: LuaState, index: number): void;
    lua_toboolean(state: LuaState, index: number): boolean;
    lua_tocfunction(state: LuaState, index: number): LuaFunction | null;
    lua_tonumber(state: LuaState, index: number): number;
    /** The string's own memory: to be read or copied, never written. Null where it is neither string nor number. */
    lua_tostring(state: LuaState, index: number): Uint8Array | null;
    lua_touserdata(state: LuaState, index: number): unknown;
    lua_type(state: LuaState, index: number): number;
    lua_typename(state: LuaState, type: number): Uint8Array;
    lua_xmove(from: LuaState, to: LuaState, count: number): void;
    lua_yield(state: LuaState, results: number): never;
  }

  interface Auxiliary {
    luaL_argerror(state: LuaState, index: number, message: Uint8Array): never;
    luaL_checkany(state: LuaState, index: number): void;
    luaL_checkinteger(state: LuaState, index: number): number;
    luaL_checknumber(state: LuaState, index: number): number;
    luaL_checkstring(state: LuaState, index: number): Uint8Array;
    luaL_checktype(state: LuaState, index: number, type: number): void;
    luaL_error(state: LuaState, format: Uint8Array, ...values: unknown[]): never;
    luaL_getmetafield(state: LuaState, index: number, field: Uint8Array): number;
    luaL_loadbufferx(
      state: LuaState,
      source: Uint8Array,
      size: number,
      name: Uint8Array,
      mode: Uint8Array,
    ): number;
    luaL_newstate(): LuaState;
    luaL_optinteger(state: LuaState, index: number, fallback: number): number;
    luaL_optstring(state: LuaState, index: number, fallback: Uint8Array): Uint8Array;
    luaL_requiref(state: LuaState, name: Uint8Array, open: LuaFunction, global: number): void;
    luaL_tolstring(state: LuaState, index: number): Uint8Array;
    luaL_traceback(on: LuaState, of: LuaState, message: Uint8Array | null, level: number): void;
    luaL_where(state: LuaState, level: number): void;
  }

  interface Libraries {
    luaopen_base(state: LuaState): number;
    luaopen_math(state: LuaState): number;
    luaopen_os(state: LuaState): number;
    luaopen_string(state: LuaState): number;
    luaopen_table(state: LuaState): number;
    luaopen_utf8(state: LuaState): number;
  }

  const fengari: {
    readonly lua: Lua;
    readonly lauxlib: Auxiliary;
    readonly lualib: Libraries;
    /** UTF-8 bytes of a JS string. */
    to_luastring(text: string): Uint8Array;
  };
  export default fengari;
}
