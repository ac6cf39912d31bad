/**
 * `os.date`, as C's strftime has it. fengari's takes `!` for text, writes local time where UTC is asked for, and counts
 * the days of the year from 0, and by an hour too few in summer.
 */
import { Buffer } from 'node:buffer';
import fengari, { type LuaState } from 'fengari';
import { literal } from '../lua-state.ts';

const { lua, lauxlib } = fengari;

const DAY = 86_400_000;
const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = 'January February March April May June July August September October November December'.split(
  ' ',
);

/** A moment as clocks show it, in UTC or where this machine is. */
interface Shown {
  readonly moment: Date;
  /** Its UTC fields are those of the clocks. */
  readonly clock: Date;
  readonly isUtc: boolean;
}

/** `os.date([format [, time]])`; the time in seconds, of which a fraction does not count. */
export function osDate(state: LuaState): number {
  const given = lauxlib.luaL_optstring(state, 1, literal('%c'));
  const text = Buffer.from(given.buffer, given.byteOffset, given.length).toString('latin1');
  const moment =
    lua.lua_type(state, 2) <= lua.LUA_TNIL
      ? new Date()
      : new Date(Math.floor(lauxlib.luaL_checknumber(state, 2)) * 1000);
  if (Number.isNaN(moment.getTime())) lauxlib.luaL_argerror(state, 2, literal('time out-of-bounds'));
  const isUtc = text.startsWith('!');
  const clock = isUtc ? moment : new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
  const shown = { moment, clock, isUtc };
  const start = isUtc ? 1 : 0;
  if (text.startsWith('*t', start)) pushFields(state, shown);
  else lua.lua_pushstring(state, written(state, text, given, start, shown));
  return 1;
}

function pushFields(state: LuaState, shown: Shown): void {
  const { clock } = shown;
  const fields = {
    year: clock.getUTCFullYear(),
    month: clock.getUTCMonth() + 1,
    day: clock.getUTCDate(),
    hour: clock.getUTCHours(),
    min: clock.getUTCMinutes(),
    sec: clock.getUTCSeconds(),
    wday: clock.getUTCDay() + 1,
    yday: dayOfYear(clock) + 1,
  };
  lua.lua_newtable(state);
  for (const [name, value] of Object.entries(fields)) {
    lua.lua_pushinteger(state, value);
    lua.lua_setfield(state, -2, literal(name));
  }
  lua.lua_pushboolean(state, isSummerTime(shown));
  lua.lua_setfield(state, -2, literal('isdst'));
}

function isSummerTime({ moment, isUtc }: Shown): boolean {
  const offset = (month: number) => new Date(moment.getFullYear(), month, 1).getTimezoneOffset();
  return !isUtc && moment.getTimezoneOffset() < Math.max(offset(0), offset(6));
}

/** From 0 on. */
function dayOfYear(clock: Date): number {
  const first = new Date(clock).setUTCMonth(0, 1);
  return Math.floor(clock.getTime() / DAY) - Math.floor(first / DAY);
}

/** Days since the last Monday. */
function sinceMonday(clock: Date): number {
  return (clock.getUTCDay() + 6) % 7;
}

/** Of the same week, which belongs to the year of its Thursday (ISO 8601). */
function thursday(clock: Date): Date {
  return new Date(clock.getTime() + (3 - sinceMonday(clock)) * DAY);
}

const two = (number: number): string => String(number).padStart(2, '0');
const spaced = (number: number): string => String(number).padStart(2);
const hour12 = (clock: Date): number => ((clock.getUTCHours() + 11) % 12) + 1;

/** By their letters; those that stand for several others are in `together`. */
const conversions: Readonly<Record<string, (clock: Date, shown: Shown) => string>> = {
  '%': () => '%',
  a: (clock) => days[clock.getUTCDay()]!.slice(0, 3),
  A: (clock) => days[clock.getUTCDay()]!,
  b: (clock) => months[clock.getUTCMonth()]!.slice(0, 3),
  B: (clock) => months[clock.getUTCMonth()]!,
  C: (clock) => two(Math.floor(clock.getUTCFullYear() / 100)),
  d: (clock) => two(clock.getUTCDate()),
  e: (clock) => spaced(clock.getUTCDate()),
  g: (clock) => two(thursday(clock).getUTCFullYear() % 100),
  G: (clock) => String(thursday(clock).getUTCFullYear()),
  h: (clock) => months[clock.getUTCMonth()]!.slice(0, 3),
  H: (clock) => two(clock.getUTCHours()),
  I: (clock) => two(hour12(clock)),
  j: (clock) => String(dayOfYear(clock) + 1).padStart(3, '0'),
  k: (clock) => spaced(clock.getUTCHours()),
  l: (clock) => spaced(hour12(clock)),
  m: (clock) => two(clock.getUTCMonth() + 1),
  M: (clock) => two(clock.getUTCMinutes()),
  n: () => '\n',
  p: (clock) => (clock.getUTCHours() < 12 ? 'AM' : 'PM'),
  P: (clock) => (clock.getUTCHours() < 12 ? 'am' : 'pm'),
  s: (_, { moment }) => String(moment.getTime() / 1000),
  S: (clock) => two(clock.getUTCSeconds()),
  t: () => '\t',
  u: (clock) => String(sinceMonday(clock) + 1),
  U: (clock) => two(Math.floor((dayOfYear(clock) + 7 - clock.getUTCDay()) / 7)),
  V: (clock) => two(Math.floor(dayOfYear(thursday(clock)) / 7) + 1),
  w: (clock) => String(clock.getUTCDay()),
  W: (clock) => two(Math.floor((dayOfYear(clock) + 7 - sinceMonday(clock)) / 7)),
  y: (clock) => two(clock.getUTCFullYear() % 100),
  Y: (clock) => String(clock.getUTCFullYear()),
  z: (_, { moment, isUtc }) => offsetText(isUtc ? 0 : -moment.getTimezoneOffset()),
  Z: (_, { moment, isUtc }) => (isUtc ? 'GMT' : (/\((.*)\)/.exec(moment.toString())?.[1] ?? '')),
};

const together: Readonly<Record<string, string>> = {
  c: '%a %b %e %H:%M:%S %Y',
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  r: '%I:%M:%S %p',
  R: '%H:%M',
  T: '%H:%M:%S',
  x: '%m/%d/%y',
  X: '%H:%M:%S',
};

/** `minutes`: how far the clocks are ahead of UTC. */
function offsetText(minutes: number): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${two(size % 60)}`;
}

/** What one conversion stands for; `E` and `O` before a letter ask for another locale's digits, of which there are none. */
const conversion = /[EO]?([%a-zA-Z])/y;

/** `text` is `format` as latin1. In parts, for a text that grew in V8's heap could end the process. */
function written(state: LuaState, text: string, format: Uint8Array, start: number, shown: Shown): Buffer {
  const parts: Uint8Array[] = [];
  let at = start;
  for (;;) {
    const percent = text.indexOf('%', at);
    parts.push(format.subarray(at, percent < 0 ? undefined : percent));
    if (percent < 0) return Buffer.concat(parts);
    conversion.lastIndex = percent + 1;
    const [all = '', letter = ''] = conversion.exec(text) ?? [];
    const meant = together[letter] ?? (letter in conversions ? `%${letter}` : undefined);
    if (meant === undefined) {
      const wrong = text.slice(percent, percent + 1 + Math.max(1, all.length));
      lauxlib.luaL_argerror(state, 1, Buffer.from(`invalid conversion specifier '${wrong}'`, 'latin1'));
    }
    const said = meant!.replace(/%(.)/g, (_, each: string) => conversions[each]!(shown.clock, shown));
    parts.push(Buffer.from(said, 'latin1'));
    at = percent + 1 + all.length;
  }
}
