/**
 * Which of the server's responses may be taken many at a time, told by a few bytes of their line. What is not told
 * apart here for certain is looked at on its own: no test here may say yes to a response that has to be seen.
 */
import {
  ASTERISK,
  CR,
  fromLatin1,
  type LineMarks,
  type LineTest,
  QUOTE,
  SPACE,
} from '../imap-parser-lite/index.ts';

/** No response. */
export const nothing: LineMarks = marks('');
/** `* 12 FETCH …`, `* 12 EXISTS`, `* 12 EXPUNGE`: message data, which nobody rewrites. */
export const numbered: LineMarks = marks('0123456789');
/** Message data, LIST and LSUB: what passes where no script is asked about folders. */
export const numberedOrFolder: LineMarks = marks('0123456789L');

/** The marks as a test of lines. */
export function isMarked(marked: LineMarks): LineTest {
  return (bytes, start) =>
    bytes[start] === ASTERISK && bytes[start + 1] === SPACE && marked[bytes[start + 2]!] === 1;
}

/** The verb of a line that is surely a LIST or LSUB response about a folder. */
export function folderVerb(bytes: Uint8Array, start: number, end: number): 'LIST' | 'LSUB' | undefined {
  const verb = begins(bytes, start, list) ? 'LIST' : begins(bytes, start, lsub) ? 'LSUB' : undefined;
  // An empty name, `""`, may tell the delimiter and no folder (P23).
  const last = bytes[end - 2] === CR ? end - 3 : end - 2;
  return bytes[last] === QUOTE && bytes[last - 1] === QUOTE ? undefined : verb;
}

const list = fromLatin1('* LIST ');
const lsub = fromLatin1('* LSUB ');

function marks(letters: string): LineMarks {
  const marked = new Uint8Array(256);
  for (const letter of letters) marked[letter.charCodeAt(0)] = 1;
  return marked;
}

function begins(bytes: Uint8Array, start: number, prefix: Uint8Array): boolean {
  for (let at = 0; at < prefix.length; at++) if (bytes[start + at] !== prefix[at]) return false;
  return true;
}
