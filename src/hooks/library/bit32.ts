/**
 * `bit32` of Lua 5.2, which Lua 5.3 has no more. What always holds: a result is a float from 0 to 2^32 - 1, as it was
 * there, though integers are signed here; JS's own operators take any number modulo 2^32, as that library did.
 */
import fengari, { type LuaFunction, type LuaState } from 'fengari';
import { literal, raise, setFunctions } from '../lua-state.ts';

const { lua, lauxlib } = fengari;

/** Every bit set. */
const ALL = -1;

/** Gives the bits as a number that is not negative. */
function give(state: LuaState, bits: number): 1 {
  lua.lua_pushnumber(state, bits >>> 0);
  return 1;
}

/** All arguments, one after the other; `none` is what there is without any. */
function together(state: LuaState, none: number, join: (one: number, other: number) => number): number {
  let bits = none;
  const count = lua.lua_gettop(state);
  for (let at = 1; at <= count; at++) bits = join(bits, lauxlib.luaL_checknumber(state, at));
  return bits;
}

const and = (one: number, other: number): number => one & other;
const or = (one: number, other: number): number => one | other;
const xor = (one: number, other: number): number => one ^ other;

/** A function of bits and a number of places. */
function moving(move: (bits: number, places: number) => number): LuaFunction {
  return (state) =>
    give(state, move(lauxlib.luaL_checknumber(state, 1), lauxlib.luaL_checkinteger(state, 2)));
}

/** To the left, or to the right where `places` is negative; JS itself would shift by 32 places as by none. */
function shift(bits: number, places: number): number {
  if (Math.abs(places) >= 32) return 0;
  return places < 0 ? bits >>> -places : bits << places;
}

/** To the right, with copies of the highest bit from the left. */
function shiftSigned(bits: number, places: number): number {
  return places < 0 ? shift(bits, -places) : bits >> Math.min(places, 31);
}

/** JS takes the places modulo 32, negative ones too. */
function rotate(bits: number, places: number): number {
  return (bits << places) | (bits >>> -places);
}

/** The field that the arguments from `at` on name: the place of its lowest bit, and as many ones as it is wide. */
function fieldAt(state: LuaState, at: number): { readonly place: number; readonly ones: number } {
  const place = lauxlib.luaL_checkinteger(state, at);
  const width = lauxlib.luaL_optinteger(state, at + 1, 1);
  if (place < 0) lauxlib.luaL_argerror(state, at, literal('field cannot be negative'));
  if (width < 1) lauxlib.luaL_argerror(state, at + 1, literal('width must be positive'));
  if (place + width > 32) raise(state, 'trying to access non-existent bits');
  return { place, ones: ALL >>> (32 - width) };
}

const functions: Readonly<Record<string, LuaFunction>> = {
  band: (state) => give(state, together(state, ALL, and)),
  bor: (state) => give(state, together(state, 0, or)),
  bxor: (state) => give(state, together(state, 0, xor)),
  bnot: (state) => give(state, ~lauxlib.luaL_checknumber(state, 1)),
  btest: (state) => {
    lua.lua_pushboolean(state, together(state, ALL, and) !== 0);
    return 1;
  },
  lshift: moving(shift),
  rshift: moving((bits, places) => shift(bits, -places)),
  arshift: moving(shiftSigned),
  lrotate: moving(rotate),
  rrotate: moving((bits, places) => rotate(bits, -places)),
  extract: (state) => {
    const { place, ones } = fieldAt(state, 2);
    return give(state, (lauxlib.luaL_checknumber(state, 1) >>> place) & ones);
  },
  replace: (state) => {
    const bits = lauxlib.luaL_checknumber(state, 1);
    const value = lauxlib.luaL_checknumber(state, 2);
    const { place, ones } = fieldAt(state, 3);
    return give(state, (bits & ~(ones << place)) | ((value & ones) << place));
  },
};

/** Leaves the library on the stack, as Lua's own `luaopen_` functions do. */
export function openBit32(state: LuaState): number {
  lua.lua_newtable(state);
  setFunctions(state, functions);
  return 1;
}
