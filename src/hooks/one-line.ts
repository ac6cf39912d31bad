/**
 * Text from a script on its way to a log or a terminal: one line, no control bytes, bounded. What a script says
 * may hold what a client sent, so nothing of it may move a cursor or forge a line (A8).
 */
import { controlsEscaped } from '../observe/printable.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** `bytes` as text of at most `limit` characters; what is not UTF-8 or not printable is written as `\xNN`. */
export function oneLine(bytes: Uint8Array, limit: number): string {
  // Four bytes a character at most: a megabyte is not decoded to show a line of it.
  const head = bytes.length <= 4 * limit ? bytes : bytes.subarray(0, 4 * limit);
  let text: string;
  try {
    text = utf8.decode(head);
  } catch {
    text = Buffer.from(head)
      .toString('latin1')
      .replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`);
  }
  text = controlsEscaped(text);
  return text.length <= limit && head === bytes ? text : `${text.slice(0, limit)}…`;
}
