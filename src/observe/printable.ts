/**
 * Anything that a client or a server sent, made fit for a log line or a terminal (A8). The one thing that always
 * holds: the result is one line, holds no byte that a terminal obeys, and is not longer than its limit.
 */

const LIMIT = 200;

const NAMED: Readonly<Record<string, string>> = { '\r': '\\r', '\n': '\\n', '\t': '\\t' };

/**
 * What must never reach a terminal as it is: C0, DEL, C1, the separators that some viewers take for line ends,
 * the marks that turn the direction of writing or cannot be seen, and halves of surrogate pairs.
 */
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;

/**
 * Bytes (read as UTF-8; what is not UTF-8 becomes `\xNN`) or text, with control characters written out (`\r`,
 * `\x1b`, `\u202e`) and the backslash doubled, so that no escape is forged. What does not fit into `limit`
 * characters is cut off, and `…` says so.
 */
export function printable(input: Uint8Array | string, limit: number = LIMIT): string {
  // A character takes four bytes at most, so that what a flood holds beyond the limit is not even looked at.
  const parts =
    typeof input === 'string' ? [...input.slice(0, limit + 2)] : characters(input.subarray(0, limit * 4 + 4));
  let output = '';
  for (const part of parts) {
    const escaped = typeof part === 'number' ? hex(part) : controlsEscaped(part.replaceAll('\\', '\\\\'));
    if (output.length + escaped.length > limit) return `${output}…`;
    output += escaped;
  }
  return output;
}

/** UTF-8 characters as text, bytes that belong to none as numbers. */
function characters(bytes: Uint8Array): (string | number)[] {
  const parts: (string | number)[] = [];
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] ?? 0;
    const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    try {
      parts.push(decoder.decode(bytes.subarray(at, at + length)));
      at += length;
    } catch {
      parts.push(first);
      at += 1;
    }
  }
  return parts;
}

/** The same for a text of our own that may quote such input: one line, of any length, its backslashes left alone. */
export function controlsEscaped(text: string): string {
  return text.replace(UNSAFE, written);
}

/** JSON text with the same characters as `\u` and four digits, which JSON.stringify writes for C0 only: it is read as it was. */
export function controlsEscapedInJson(json: string): string {
  return json.replace(UNSAFE, (character) => fourDigits(character.charCodeAt(0)));
}

function written(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return NAMED[character] ?? (code < 0x80 ? hex(code) : fourDigits(code));
}

function fourDigits(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`;
}

function hex(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}
