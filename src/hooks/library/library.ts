/**
 * What scripts find besides Lua's own libraries, opened in each sandbox. docs/scripting.md shows each function, and
 * hooks/imapveil.lua tells editors of it; a test compares that file with what is here.
 */
import fengari, { type LuaFunction, type LuaState } from 'fengari';
import { PRINTED_LENGTH } from '../limits.ts';
import { literal, setFunctions } from '../lua-state.ts';
import { oneLine } from '../one-line.ts';
import { type HttpDoors, httpFunctions } from './http.ts';
import { libraryInLua } from './in-lua.ts';
import { decode, encode, pushJson } from './json.ts';
import { match } from './match.ts';
import { within } from './within.ts';

const { lua, lauxlib } = fengari;

export type LogLevel = 'info' | 'warn' | 'error';

/** What the library needs from outside. */
export interface LibraryDoors {
  /** Gets every line that the script writes to the log. */
  readonly print: (text: string, level: LogLevel) => void;
  /** `hooks.settings` of proxy.yaml: what `config` holds. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Undefined: HTTP is off. */
  readonly http: HttpDoors | undefined;
}

/** Makes the globals `imap`, `ip`, `log`, `json`, `cache`, `config` and `http`. */
export function openLibrary(state: LuaState, { print, settings, http }: LibraryDoors): void {
  setTable(state, 'imap', { match });
  setTable(state, 'ip', { within });
  setTable(state, 'json', { decode, encode });
  setTable(state, 'log', {
    info: logAt('info', print),
    warn: logAt('warn', print),
    error: logAt('error', print),
  });
  setTable(state, 'http', httpFunctions(http));
  setTable(state, 'cache', {});
  pushJson(state, settings);
  setGlobal(state, 'config');
  const source = literal(libraryInLua);
  lauxlib.luaL_loadbufferx(state, source, source.length, literal('=imapveil'), literal('t'));
  lua.lua_call(state, 0, 0);
}

function setTable(state: LuaState, name: string, functions: Readonly<Record<string, LuaFunction>>): void {
  lua.lua_newtable(state);
  setFunctions(state, functions);
  setGlobal(state, name);
}

/** Takes the value from the top of the stack. */
function setGlobal(state: LuaState, name: string): void {
  lua.lua_pushglobaltable(state);
  lua.lua_insert(state, -2);
  lua.lua_setfield(state, -2, literal(name));
  lua.lua_pop(state, 1);
}

/** Writes its arguments as `print` does, with a tab between two. */
export function logAt(level: LogLevel, print: LibraryDoors['print']): LuaFunction {
  return (state) => {
    const values = lua.lua_gettop(state);
    for (let at = 1; at <= values; at++) {
      if (at > 1) lua.lua_pushstring(state, literal('\t'));
      lauxlib.luaL_tolstring(state, at);
      if (at > 1) lua.lua_concat(state, 3);
    }
    const line = values === 0 ? literal('') : lua.lua_tostring(state, -1)!;
    print(oneLine(line, PRINTED_LENGTH), level);
    return 0;
  };
}
