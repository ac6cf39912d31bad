/**
 * Mailbox names between the wire and people: modified UTF-7 (RFC 3501 §5.1.3) and UTF-8. Decoding is liberal
 * where servers are (printable ASCII written in base64, `&AGE-`, is `a`), for a name must not escape a rule by
 * its spelling; what is not valid is never guessed at.
 */
import { NO_BYTES } from './bytes.ts';

const AMPERSAND = 0x26;
const MINUS = 0x2d;
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,';
const sextets: Int8Array = new Int8Array(256).fill(-1);
for (let at = 0; at < alphabet.length; at++) sextets[alphabet.charCodeAt(at)] = at;

/**
 * Decodes modified UTF-7 to UTF-8. Names without `&` come back as the very same array. Undefined where the
 * name is not valid: 8-bit bytes, a shift that is not closed, wrong base64, or a lone surrogate.
 */
export function decodeMailboxName(name: Uint8Array): Uint8Array | undefined {
  let plain = true;
  for (let at = 0; at < name.length; at++) {
    const byte = name[at]!;
    if (byte >= 0x80) return undefined;
    if (byte === AMPERSAND) plain = false;
  }
  if (plain) return name;
  const utf8: number[] = [];
  let at = 0;
  while (at < name.length) {
    const byte = name[at++]!;
    if (byte !== AMPERSAND) {
      utf8.push(byte);
      continue;
    }
    const end = name.indexOf(MINUS, at);
    if (end < 0) return undefined;
    if (end === at) utf8.push(AMPERSAND);
    else if (!decodeShifted(name, at, end, utf8)) return undefined;
    at = end + 1;
  }
  return Uint8Array.from(utf8);
}

/** One base64 run, `start` to `end`, as UTF-16 units onto `utf8`; false where it is not valid. */
function decodeShifted(name: Uint8Array, start: number, end: number, utf8: number[]): boolean {
  let bits = 0;
  let bitCount = 0;
  let highSurrogate = 0;
  for (let at = start; at < end; at++) {
    const sextet = sextets[name[at]!]!;
    if (sextet < 0) return false;
    bits = ((bits << 6) | sextet) & 0x3fffff;
    bitCount += 6;
    if (bitCount < 16) continue;
    bitCount -= 16;
    const unit = (bits >>> bitCount) & 0xffff;
    if (highSurrogate !== 0) {
      if (unit < 0xdc00 || unit > 0xdfff) return false;
      pushUtf8(utf8, 0x10000 + ((highSurrogate - 0xd800) << 10) + (unit - 0xdc00));
      highSurrogate = 0;
    } else if (unit >= 0xd800 && unit <= 0xdbff) {
      highSurrogate = unit;
    } else if (unit >= 0xdc00 && unit <= 0xdfff) {
      return false;
    } else {
      pushUtf8(utf8, unit);
    }
  }
  const padding = bits & ((1 << bitCount) - 1);
  return highSurrogate === 0 && bitCount < 6 && padding === 0;
}

function pushUtf8(utf8: number[], point: number): void {
  if (point < 0x80) utf8.push(point);
  else if (point < 0x800) utf8.push(0xc0 | (point >> 6), 0x80 | (point & 0x3f));
  else if (point < 0x10000)
    utf8.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f));
  else
    utf8.push(
      0xf0 | (point >> 18),
      0x80 | ((point >> 12) & 0x3f),
      0x80 | ((point >> 6) & 0x3f),
      0x80 | (point & 0x3f),
    );
}

/** Encodes UTF-8 to modified UTF-7. Undefined where `name` is not valid UTF-8. */
export function encodeMailboxName(name: Uint8Array): Uint8Array | undefined {
  if (name.length === 0) return NO_BYTES;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(name);
  } catch {
    return undefined;
  }
  let encoded = '';
  let at = 0;
  while (at < text.length) {
    const unit = text.charCodeAt(at);
    if (unit === AMPERSAND) {
      encoded += '&-';
      at++;
    } else if (unit >= 0x20 && unit <= 0x7e) {
      encoded += text[at++];
    } else {
      const start = at;
      while (at < text.length && !(text.charCodeAt(at) >= 0x20 && text.charCodeAt(at) <= 0x7e)) at++;
      encoded += `&${encodeShifted(text, start, at)}-`;
    }
  }
  return Uint8Array.from(encoded, (character) => character.charCodeAt(0));
}

function encodeShifted(text: string, start: number, end: number): string {
  let encoded = '';
  let bits = 0;
  let bitCount = 0;
  for (let at = start; at < end; at++) {
    bits = ((bits << 16) | text.charCodeAt(at)) & 0x3fffff;
    bitCount += 16;
    while (bitCount >= 6) {
      bitCount -= 6;
      encoded += alphabet[(bits >>> bitCount) & 0x3f];
    }
  }
  if (bitCount > 0) encoded += alphabet[(bits << (6 - bitCount)) & 0x3f];
  return encoded;
}

/** One spelling for names that are the same mailbox: INBOX is case-insensitive (RFC 9051 §5.1), all others are not. */
export function canonicalName(utf8: Uint8Array): Uint8Array {
  if (utf8.length !== 5) return utf8;
  const inbox = [0x49, 0x4e, 0x42, 0x4f, 0x58];
  for (let at = 0; at < 5; at++) if ((utf8[at]! & 0xdf) !== inbox[at]) return utf8;
  return Uint8Array.from(inbox);
}
