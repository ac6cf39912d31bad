/**
 * `http.get` and `http.post`: written by the script as if they blocked. Its coroutine waits, the thread serves others
 * meanwhile. Off until `hooks.http.allow` names a host.
 */
import { Buffer } from 'node:buffer';
import fengari, { type LuaFunction, type LuaState } from 'fengari';
import { RETURNED_STRING } from '../limits.ts';
import { literal, raise } from '../lua-state.ts';
import type { Pauses, Results } from '../pauses.ts';
import { HttpClient, type HttpFault, type HttpReply, type HttpSettings } from './http-request.ts';

const { lua, lauxlib } = fengari;

/** What HTTP needs from outside; undefined where it is off. */
export interface HttpDoors {
  readonly settings: HttpSettings;
  readonly pauses: Pauses;
}

interface Options {
  readonly headers: Readonly<Record<string, string>>;
  /** Whole milliseconds, or infinity: Node has no timer for a fraction. */
  readonly timeout: number;
}

export function httpFunctions(doors: HttpDoors | undefined): Readonly<Record<'get' | 'post', LuaFunction>> {
  if (doors === undefined) return { get: switchedOff, post: switchedOff };
  const { settings, pauses } = doors;
  const client = new HttpClient(settings);
  return {
    get(state) {
      const url = text(state, 1);
      const { headers, timeout } = optionsAt(state, 2, settings);
      const request = { method: 'GET', url, headers, body: undefined } as const;
      return pauses.pause(state, async () => pushing(await client.send(request, timeout)));
    },
    post(state) {
      const url = text(state, 1);
      const body = Uint8Array.from(lauxlib.luaL_checkstring(state, 2));
      const { headers, timeout } = optionsAt(state, 3, settings);
      const request = { method: 'POST', url, headers, body } as const;
      return pauses.pause(state, async () => pushing(await client.send(request, timeout)));
    },
  };
}

const switchedOff: LuaFunction = (state) => {
  lua.lua_pushnil(state);
  lua.lua_pushstring(state, literal('HTTP is off: hooks.http.allow names no host'));
  return 2;
};

function text(state: LuaState, index: number): string {
  const bytes = lauxlib.luaL_checkstring(state, index);
  if (bytes.length > RETURNED_STRING) return raise(state, `a string of more than ${RETURNED_STRING} bytes`);
  return Buffer.from(bytes).toString('utf8');
}

/** `{ headers = { name = value }, timeout = seconds }`, both of which may be left out. */
function optionsAt(state: LuaState, index: number, { timeout }: HttpSettings): Options {
  if (lua.lua_type(state, index) <= lua.LUA_TNIL) return { headers: {}, timeout };
  if (lua.lua_type(state, index) !== lua.LUA_TTABLE) return raise(state, 'the options must be a table');
  lua.lua_settop(state, index);
  const given = lua.lua_getfield(state, index, literal('timeout'));
  const within = given === lua.LUA_TNIL ? timeout : millisecondsAt(state, -1);
  lua.lua_pop(state, 1);
  const headers: Record<string, string> = {};
  if (lua.lua_getfield(state, index, literal('headers')) === lua.LUA_TTABLE) {
    lua.lua_pushnil(state);
    while (lua.lua_next(state, -2) !== 0) {
      const [name, value] = [headerAt(state, -2), headerAt(state, -1)];
      if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name))
        return raise(state, 'a header has a name that is none');
      headers[name] = value;
      lua.lua_pop(state, 1);
    }
  }
  return { headers, timeout: within };
}

function millisecondsAt(state: LuaState, index: number): number {
  const seconds = lua.lua_type(state, index) === lua.LUA_TNUMBER ? lua.lua_tonumber(state, index) : 0;
  // What is not above 0 may be no number at all (`0/0`).
  return seconds > 0
    ? Math.ceil(seconds * 1000)
    : raise(state, 'timeout must be a number of seconds above 0');
}

function headerAt(state: LuaState, index: number): string {
  if (lua.lua_type(state, index) !== lua.LUA_TSTRING) return raise(state, 'headers must be strings');
  const value = Buffer.from(lua.lua_tostring(state, index)!).toString('latin1');
  return /[\x00-\x08\x0a-\x1f\x7f]/.test(value) ? raise(state, 'a header has a line end in it') : value;
}

/** A table with `status`, `headers` and `body`; or nil and a message. */
function pushing(reply: HttpReply | HttpFault): Results {
  return (state) => {
    lua.lua_checkstack(state, 8);
    if ('fault' in reply) {
      lua.lua_pushnil(state);
      lua.lua_pushstring(state, literal(reply.fault));
      return 2;
    }
    lua.lua_newtable(state);
    lua.lua_pushinteger(state, reply.status);
    lua.lua_setfield(state, -2, literal('status'));
    lua.lua_pushstring(state, new Uint8Array(reply.body));
    lua.lua_setfield(state, -2, literal('body'));
    lua.lua_newtable(state);
    for (const [name, value] of Object.entries(reply.headers)) {
      lua.lua_pushstring(state, Buffer.from(value, 'latin1'));
      lua.lua_setfield(state, -2, literal(name));
    }
    lua.lua_setfield(state, -2, literal('headers'));
    return 1;
  };
}
