/**
 * Text from a script on its way to a log or a terminal: one line, no control bytes but tabs, bounded. What a script
 * prints may hold what a client sent, so nothing here may move a cursor or forge a line (A8).
 */

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** `bytes` as text of at most `limit` characters; what is not UTF-8 or not printable is written as `\xNN`. */
export function printable(bytes: Uint8Array, limit: number): string {
  // Four bytes a character at most: a megabyte is not decoded to show a line of it.
  const head = bytes.subarray(0, 4 * limit);
  let text: string;
  try {
    text = utf8.decode(head);
  } catch {
    text = Buffer.from(head)
      .toString('latin1')
      .replace(/[\x80-\xff]/g, escaped);
  }
  text = text.replace(/[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, escaped);
  return text.length <= limit && head.length === bytes.length ? text : `${text.slice(0, limit)}…`;
}

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
}
