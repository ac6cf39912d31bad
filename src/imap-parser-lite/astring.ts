/**
 * Strings in their three spellings (RFC 9051 §4.3): atom, quoted, literal. Reading is liberal in what an atom
 * may hold, because servers are, and strict in where one ends, because that is what fools a reader.
 */
import {
  BACKSLASH,
  CLOSE_PARENTHESIS,
  CR,
  LF,
  OPEN_BRACE,
  OPEN_PARENTHESIS,
  QUOTE,
  SPACE,
  TILDE,
} from './bytes.ts';

export interface Astring {
  /** What it says: quotes and escapes taken away. */
  readonly value: Uint8Array;
  /** Index behind its last byte. */
  readonly end: number;
}

/**
 * Reads the string at `at`. A literal is read where its bytes stand in `bytes` behind the line, as in a whole
 * message. Undefined: no string, or one that is not all there.
 */
export function readAstring(bytes: Uint8Array, at: number): Astring | undefined {
  const first = bytes[at];
  if (first === QUOTE) return readQuoted(bytes, at);
  if (first === OPEN_BRACE || (first === TILDE && bytes[at + 1] === OPEN_BRACE))
    return readLiteral(bytes, at);
  let end = at;
  while (end < bytes.length && isLiberalAtomByte(bytes[end]!)) end++;
  return end === at ? undefined : { value: bytes.subarray(at, end), end };
}

function isLiberalAtomByte(byte: number): boolean {
  return (
    byte > SPACE &&
    byte !== 0x7f &&
    byte !== OPEN_PARENTHESIS &&
    byte !== CLOSE_PARENTHESIS &&
    byte !== QUOTE &&
    byte !== OPEN_BRACE
  );
}

function readQuoted(bytes: Uint8Array, at: number): Astring | undefined {
  let escapes = 0;
  let end = at + 1;
  for (; ; end++) {
    const byte = bytes[end];
    if (byte === undefined || byte === CR || byte === LF) return undefined;
    if (byte === QUOTE) break;
    if (byte !== BACKSLASH) continue;
    const escaped = bytes[end + 1];
    if (escaped !== QUOTE && escaped !== BACKSLASH) return undefined;
    escapes++;
    end++;
  }
  if (escapes === 0) return { value: bytes.subarray(at + 1, end), end: end + 1 };
  const value = new Uint8Array(end - at - 1 - escapes);
  let length = 0;
  for (let from = at + 1; from < end; from++) {
    if (bytes[from] === BACKSLASH) from++;
    value[length++] = bytes[from]!;
  }
  return { value, end: end + 1 };
}

function readLiteral(bytes: Uint8Array, at: number): Astring | undefined {
  const line = bytes.indexOf(LF, at);
  if (line < 0) return undefined;
  const match = /^~?\{(\d{1,15})\+?\}\r?\n$/.exec(
    String.fromCharCode(...bytes.subarray(at, Math.min(line + 1, at + 24))),
  );
  if (match === null) return undefined;
  const start = line + 1;
  const end = start + Number(match[1]);
  return end > bytes.length ? undefined : { value: bytes.subarray(start, end), end };
}

/** The index behind the parenthesis that closes the one at `at`, strings inside skipped; undefined where none does. */
export function skipParenthesised(bytes: Uint8Array, at: number): number | undefined {
  let depth = 0;
  let next = at;
  while (next < bytes.length) {
    const byte = bytes[next]!;
    if (byte === OPEN_PARENTHESIS) depth++;
    if (byte === CLOSE_PARENTHESIS) {
      depth--;
      if (depth === 0) return next + 1;
    }
    if (byte === QUOTE || byte === OPEN_BRACE) {
      const inside = readAstring(bytes, next);
      if (inside === undefined) return undefined;
      next = inside.end;
    } else {
      if (byte === CR || byte === LF) return undefined;
      next++;
    }
  }
  return undefined;
}
