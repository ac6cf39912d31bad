/**
 * `imap.match(folder, pattern)`: LIST patterns (RFC 9051 §6.3.9.5) for scripts. All places where the pattern may stand
 * are followed at once, so that no name makes a pattern take longer than its length times the name's.
 */
import fengari, { type LuaState } from 'fengari';
import { pushValue } from '../call.ts';
import { literal } from '../lua-state.ts';

const { lauxlib } = fengari;

const STAR = 0x2a;
const PERCENT = 0x25;

/** Whether a name matches: `*` is anything, `%` anything without the delimiter. INBOX is the same in any case. */
export function matches(name: Uint8Array, pattern: Uint8Array, delimiter: number): boolean {
  const wanted = isInbox(name) ? upperCase(pattern) : pattern;
  const given = isInbox(name) ? upperCase(name) : name;
  let places = new Uint8Array(wanted.length + 1);
  places[0] = 1;
  skipWildcards(wanted, places);
  for (const byte of given) {
    const next = new Uint8Array(wanted.length + 1);
    for (let place = 0; place < wanted.length; place++) {
      if (places[place] === 0) continue;
      const rule = wanted[place];
      if (rule === STAR || (rule === PERCENT && byte !== delimiter)) next[place] = 1;
      else if (rule === byte) next[place + 1] = 1;
    }
    skipWildcards(wanted, next);
    places = next;
  }
  return places[wanted.length] === 1;
}

/** A wildcard may stand for nothing. */
function skipWildcards(pattern: Uint8Array, places: Uint8Array): void {
  for (let place = 0; place < pattern.length; place++) {
    if (places[place] === 1 && (pattern[place] === STAR || pattern[place] === PERCENT)) places[place + 1] = 1;
  }
}

function isInbox(name: Uint8Array): boolean {
  return name.length === 5 && Buffer.from(upperCase(name)).toString('latin1') === 'INBOX';
}

function upperCase(text: Uint8Array): Uint8Array {
  return text.map((byte) => (byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte));
}

/** `imap.match(folder, pattern [, delimiter])`; the delimiter is "/" when it is left out. */
export function match(state: LuaState): number {
  const name = lauxlib.luaL_checkstring(state, 1);
  const pattern = lauxlib.luaL_checkstring(state, 2);
  const [delimiter = 0] = lauxlib.luaL_optstring(state, 3, literal('/'));
  pushValue(state, matches(name, pattern, delimiter));
  return 1;
}
