/**
 * The few byte operations the wire needs, on plain `Uint8Array`, so that nothing here depends on a runtime.
 * Text on the wire is bytes: a "latin1" string holds one byte in each UTF-16 unit, and nothing is ever lost by it.
 */

export const CR = 0x0d;
export const LF = 0x0a;
export const SPACE = 0x20;
export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const OPEN_PARENTHESIS = 0x28;
export const CLOSE_PARENTHESIS = 0x29;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;
export const TILDE = 0x7e;
export const DEL = 0x7f;
export const PLUS = 0x2b;
export const ASTERISK = 0x2a;

export const NO_BYTES: Uint8Array = new Uint8Array(0);

/**
 * V8 does not write a longer text out while it is put together, but chains it, 20 bytes and more for each character:
 * memory that whoever keeps the text keeps too, and that all has to be walked when somebody looks at it.
 */
const CHAINED = 13;
/** More would be too many arguments for a call. */
const LINE = 4096;

/** Bytes `start` to `end` as a latin1 string. Meant for words and names, not for bodies. */
export function latin1(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  const length = end - start;
  if (length >= CHAINED && length < LINE) {
    const part = length === bytes.length ? bytes : bytes.subarray(start, end);
    return String.fromCharCode.apply(null, part as unknown as number[]);
  }
  let text = '';
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at]!);
  return text;
}

/** The same of a word of the protocol, in upper case: letters beyond a to z are none of its letters and stay. */
export function upperCaseWord(bytes: Uint8Array, start: number, end: number): string {
  let word = '';
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    word += String.fromCharCode(byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte);
  }
  return word;
}

/** A latin1 string as bytes; units above 255 keep their low byte only, so give it latin1. */
export function fromLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** Joins `parts` into one new array, or gives back the only part as it is. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Whether both hold the same bytes. */
export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left === right) return true;
  if (left.length !== right.length) return false;
  for (let at = 0; at < left.length; at++) if (left[at] !== right[at]) return false;
  return true;
}

/** ATOM-CHAR of RFC 9051 §9: any 7-bit character but `( ) { SP CTL % * " \ ]`. */
export function isAtomByte(byte: number): boolean {
  if (byte <= SPACE || byte >= 0x7f) return false;
  switch (byte) {
    case OPEN_PARENTHESIS:
    case CLOSE_PARENTHESIS:
    case OPEN_BRACE:
    case 0x25:
    case ASTERISK:
    case QUOTE:
    case BACKSLASH:
    case CLOSE_BRACKET:
      return false;
    default:
      return true;
  }
}

/** ASTRING-CHAR: ATOM-CHAR or `]`. */
export function isAstringByte(byte: number): boolean {
  return byte === CLOSE_BRACKET || isAtomByte(byte);
}

/** The index just behind `bytes`' text, without its line end (CRLF or bare LF); its length where there is none. */
export function endOfText(bytes: Uint8Array): number {
  let end = bytes.length;
  if (end > 0 && bytes[end - 1] === LF) {
    end--;
    if (end > 0 && bytes[end - 1] === CR) end--;
  }
  return end;
}
