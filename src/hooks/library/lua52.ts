/**
 * What `math` and `table` had in Lua 5.2 and have no more in 5.3, for scripts that were written for VPOP3, whose Lua is
 * 5.2. `bit32` is in a file of its own.
 */
import fengari, { type LuaFunction, type LuaState } from 'fengari';

const { lua, lauxlib } = fengari;

/** A function of as many numbers as `compute` names. */
function ofNumbers(compute: (...numbers: number[]) => number): LuaFunction {
  const places = Array.from({ length: compute.length }, (_, at) => at + 1);
  return (state) => {
    lua.lua_pushnumber(state, compute(...places.map((place) => lauxlib.luaL_checknumber(state, place))));
    return 1;
  };
}

/** mantissa × 2^exponent; in two steps, for 2^exponent alone may be too large for a number where this is not. */
function ldexp(mantissa: number, exponent: number): number {
  return mantissa * 2 ** Math.floor(exponent / 2) * 2 ** Math.ceil(exponent / 2);
}

/** The mantissa, from 0.5 to below 1, and the exponent, of which `ldexp` makes the number. */
function frexp(state: LuaState): number {
  let mantissa = lauxlib.luaL_checknumber(state, 1);
  let exponent = 0;
  if (mantissa !== 0 && Number.isFinite(mantissa)) {
    exponent = Math.floor(Math.log2(Math.abs(mantissa))) + 1;
    mantissa = ldexp(mantissa, -exponent);
    // The logarithm of a number just below a power of two is rounded to that power's.
    if (Math.abs(mantissa) < 0.5) {
      mantissa *= 2;
      exponent--;
    }
  }
  lua.lua_pushnumber(state, mantissa);
  lua.lua_pushinteger(state, exponent);
  return 2;
}

export const mathOf52: Readonly<Record<string, LuaFunction>> = {
  cosh: ofNumbers(Math.cosh),
  frexp,
  ldexp: ofNumbers(ldexp),
  log10: ofNumbers(Math.log10),
  pow: ofNumbers(Math.pow),
  sinh: ofNumbers(Math.sinh),
  tanh: ofNumbers(Math.tanh),
};

/** The largest key that is a number, 0 where none is above it. */
function maxn(state: LuaState): number {
  lauxlib.luaL_checktype(state, 1, lua.LUA_TTABLE);
  lua.lua_settop(state, 1);
  let largest = 0;
  lua.lua_pushnil(state);
  while (lua.lua_next(state, 1) !== 0) {
    lua.lua_pop(state, 1);
    if (lua.lua_type(state, -1) === lua.LUA_TNUMBER) largest = Math.max(largest, lua.lua_tonumber(state, -1));
  }
  lua.lua_pushnumber(state, largest);
  return 1;
}

export const tableOf52: Readonly<Record<string, LuaFunction>> = { maxn };
