/**
 * `string.format`, on bytes and with what C's printf makes of numbers. fengari's knows neither: it raises an error for a
 * width where a string is not UTF-8, and whoever names a folder could so have a script fail for it.
 */
import { Buffer } from 'node:buffer';
import fengari, { type LuaFunction, type LuaState } from 'fengari';
import { literal, raise } from '../lua-state.ts';

const { lua, lauxlib } = fengari;

/** What stands between `%` and the letter of a conversion. */
interface Modifiers {
  readonly flags: string;
  readonly width: number;
  /** Undefined where there is none; a dot alone is 0. */
  readonly precision: number | undefined;
}

const item = /([-+ #0]*)(\d{0,2})(\.\d{0,2})?/y;
const PERCENT = 0x25;
/** Longer strings are not padded; so it is in Lua. */
const PADDED = 100;

/** `original` does what is about Lua's own text of values: `%q`, and `%a`. */
export function formatFrom(original: LuaFunction): LuaFunction {
  return (state) => {
    const format = lauxlib.luaL_checkstring(state, 1);
    const text = Buffer.from(format.buffer, format.byteOffset, format.length).toString('latin1');
    const values = lua.lua_gettop(state);
    const parts: Uint8Array[] = [];
    let value = 1;
    let at = 0;
    for (;;) {
      const percent = text.indexOf('%', at);
      parts.push(format.subarray(at, percent < 0 ? undefined : percent));
      if (percent < 0) break;
      at = percent + 1;
      if (format[at] === PERCENT) {
        parts.push(format.subarray(at, ++at));
        continue;
      }
      if (++value > values) lauxlib.luaL_argerror(state, value, literal('no value'));
      const modifiers = modifiersAt(state, text, at);
      at = item.lastIndex + 1;
      parts.push(converted(state, value, text.charAt(at - 1), modifiers, original));
    }
    lua.lua_pushstring(state, Buffer.concat(parts));
    return 1;
  };
}

/** Leaves the place of the letter in `item.lastIndex`. */
function modifiersAt(state: LuaState, text: string, at: number): Modifiers {
  item.lastIndex = at;
  const [, flags = '', width = '', precision] = item.exec(text)!;
  if (flags.length > 5) return raise(state, 'invalid format (repeated flags)');
  if (/\d/.test(text.charAt(item.lastIndex)))
    return raise(state, 'invalid format (width or precision too long)');
  return {
    flags,
    width: Number(width),
    precision: precision === undefined ? undefined : Number(precision.slice(1)),
  };
}

function converted(
  state: LuaState,
  value: number,
  letter: string,
  modifiers: Modifiers,
  original: LuaFunction,
): Uint8Array {
  switch (letter) {
    case 'c':
      return ascii(
        padded('', String.fromCharCode(lauxlib.luaL_checkinteger(state, value) & 0xff), modifiers),
      );
    case 'd':
    case 'i':
      return ascii(integer(lauxlib.luaL_checkinteger(state, value), modifiers));
    case 'o':
    case 'u':
    case 'x':
    case 'X':
      return ascii(unsigned(lauxlib.luaL_checkinteger(state, value) >>> 0, letter, modifiers));
    case 'e':
    case 'E':
    case 'f':
    case 'g':
    case 'G':
      return ascii(float(lauxlib.luaL_checknumber(state, value), letter, modifiers));
    case 's':
      return string(state, value, modifiers);
    case 'a':
    case 'A':
      lauxlib.luaL_checknumber(state, value);
      return byOriginal(state, value, `%${letter}`, original);
    case 'q':
      if (lua.lua_type(state, value) >= lua.LUA_TTABLE)
        lauxlib.luaL_argerror(state, value, literal('value has no literal form'));
      return byOriginal(state, value, '%q', original);
    default:
      return raise(state, `invalid option '%${letter}' to 'format'`);
  }
}

function ascii(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

function byOriginal(state: LuaState, value: number, format: string, original: LuaFunction): Uint8Array {
  lua.lua_pushcfunction(state, original);
  lua.lua_pushstring(state, literal(format));
  lua.lua_pushvalue(state, value);
  lua.lua_call(state, 2, 1);
  return popped(state);
}

/** The string on top of the stack. */
function popped(state: LuaState): Uint8Array {
  const bytes = lua.lua_tostring(state, -1)!;
  lua.lua_pop(state, 1);
  return bytes;
}

function string(state: LuaState, value: number, { flags, width, precision }: Modifiers): Uint8Array {
  lauxlib.luaL_tolstring(state, value);
  const bytes = popped(state);
  if (flags === '' && width === 0 && precision === undefined) return bytes;
  if (bytes.includes(0)) lauxlib.luaL_argerror(state, value, literal('string contains zeros'));
  if (precision === undefined && bytes.length >= PADDED) return bytes;
  const shown = bytes.subarray(0, precision);
  const spaces = Buffer.alloc(Math.max(0, width - shown.length), ' ');
  return Buffer.concat(flags.includes('-') ? [shown, spaces] : [spaces, shown]);
}

/** To the width: with zeros behind the sign where `0` is among the flags, or with spaces. */
function padded(sign: string, digits: string, { flags, width }: Modifiers, zeros = ''): string {
  const text = sign + digits;
  if (flags.includes('-')) return text.padEnd(width);
  return zeros === '0' ? sign + digits.padStart(width - sign.length, '0') : text.padStart(width);
}

function signOf(isNegative: boolean, flags: string): string {
  if (isNegative) return '-';
  return flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
}

/** The digits of a whole number; a precision is the fewest of them, and rules out zeros for the width. */
function whole(sign: string, digits: string, modifiers: Modifiers): string {
  const { flags, precision } = modifiers;
  if (precision === undefined) return padded(sign, digits, modifiers, flags.includes('0') ? '0' : '');
  return padded(sign, precision === 0 && digits === '0' ? '' : digits.padStart(precision, '0'), modifiers);
}

function integer(number: number, modifiers: Modifiers): string {
  return whole(signOf(number < 0, modifiers.flags), String(Math.abs(number)), modifiers);
}

function unsigned(number: number, letter: 'o' | 'u' | 'x' | 'X', modifiers: Modifiers): string {
  const digits = number.toString(letter === 'o' ? 8 : letter === 'u' ? 10 : 16);
  const prefix =
    !modifiers.flags.includes('#') || number === 0 ? '' : { o: '0', u: '', x: '0x', X: '0x' }[letter];
  const text = whole(prefix, digits, modifiers);
  return letter === 'X' ? text.toUpperCase() : text;
}

function float(number: number, letter: 'e' | 'E' | 'f' | 'g' | 'G', modifiers: Modifiers): string {
  const { flags } = modifiers;
  const sign = signOf(number < 0 || Object.is(number, -0), flags);
  const size = Math.abs(number);
  const text = Number.isFinite(size)
    ? padded(sign, digitsOf(size, letter, modifiers), modifiers, flags.includes('0') ? '0' : '')
    : padded(sign, Number.isNaN(size) ? 'nan' : 'inf', modifiers);
  return letter === 'E' || letter === 'G' ? text.toUpperCase() : text;
}

function digitsOf(size: number, letter: string, { flags, precision = 6 }: Modifiers): string {
  const point = flags.includes('#') ? '.' : '';
  if (letter === 'f') return fixed(size, precision) + (precision === 0 ? point : '');
  if (letter === 'e' || letter === 'E') {
    const [mantissa, exponent] = scientific(size, precision);
    return mantissa + (precision === 0 ? point : '') + exponentText(exponent);
  }
  // `g`: as many digits as the precision says, in whichever of the two ways is shorter, without zeros at the end.
  const wanted = Math.max(precision, 1);
  const [mantissa, exponent] = scientific(size, wanted - 1);
  const digits = mantissa.replace('.', '');
  const isFixed = exponent >= -4 && exponent < wanted;
  const before = !isFixed ? digits.slice(0, 1) : exponent < 0 ? '0' : digits.slice(0, exponent + 1);
  const behind = !isFixed
    ? digits.slice(1)
    : exponent < 0
      ? '0'.repeat(-exponent - 1) + digits
      : digits.slice(exponent + 1);
  const shown = point === '' ? behind.replace(/0+$/, '') : behind;
  return before + (shown === '' ? point : `.${shown}`) + (isFixed ? '' : exponentText(exponent));
}

function exponentText(exponent: number): string {
  return `e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** JS rounds what lies in the middle up, C to the even digit. Both tell of the exact value, which 100 digits hold. */
function isRoundedUpFromEven(exact: string, digits: number): boolean {
  const kept = exact.replace('.', '');
  return /^50*$/.test(kept.slice(digits)) && Number(kept.charAt(digits - 1)) % 2 === 0;
}

function fixed(size: number, precision: number): string {
  // From here on every number is whole, and JS would write an exponent.
  if (size >= 1e21) return String(BigInt(size)) + (precision === 0 ? '' : `.${'0'.repeat(precision)}`);
  const exact = size.toFixed(100);
  const point = exact.indexOf('.');
  if (!isRoundedUpFromEven(exact, point + precision)) return size.toFixed(precision);
  return exact.slice(0, precision === 0 ? point : point + 1 + precision);
}

/** The mantissa with so many digits behind its point, and the exponent of 10. */
function scientific(size: number, precision: number): readonly [mantissa: string, exponent: number] {
  const [exact = '', power = ''] = size.toExponential(100).split('e');
  if (isRoundedUpFromEven(exact, 1 + precision)) {
    return [exact.slice(0, precision === 0 ? 1 : 2 + precision), Number(power)];
  }
  const [mantissa = '', exponent = ''] = size.toExponential(precision).split('e');
  return [mantissa, Number(exponent)];
}
