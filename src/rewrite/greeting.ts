/**
 * The words with which a server greets, which often say what it is. What always holds: the response code stays as it
 * is, for a capability list may be in it; a bracket behind the text is no code (Exchange ends its greeting in one).
 */
import {
  CLOSE_BRACKET,
  concat,
  endOfText,
  fromLatin1,
  latin1,
  type ResponseHead,
  readResponseCode,
  SPACE,
} from '../imap-parser-lite/index.ts';
import { oneLine } from './refusal-text.ts';

type UntaggedHead = Extract<ResponseHead, { kind: 'untagged' }>;

/** Said where a script leaves nothing to say, for RFC 3501 wants a text. */
const standard = 'IMAP ready';

/** Whether an untagged response that nobody asked for greets: Dovecot may greet twice (`* OK Waiting …`, P8). */
export function isGreeting(line: Uint8Array, head: ResponseHead): head is UntaggedHead {
  if (head.kind !== 'untagged' || head.word !== 'OK') return false;
  const code = readResponseCode(line, head.text);
  return code === undefined || code === 'CAPABILITY';
}

/** The text of a greeting, latin1. */
export function greetingText(line: Uint8Array, head: UntaggedHead): string {
  return latin1(line, startOfText(line, head), endOfText(line));
}

/** The line with `text` (latin1) in place of its own. */
export function withGreetingText(line: Uint8Array, head: UntaggedHead, text: string): Uint8Array {
  const start = startOfText(line, head);
  const end = endOfText(line);
  if (latin1(line, start, end) === text) return line;
  const words = oneLine(text).trim() === '' ? standard : oneLine(text);
  // A code and its text are two words.
  const before = line[start - 1] === CLOSE_BRACKET ? Uint8Array.of(SPACE) : new Uint8Array(0);
  return concat([line.subarray(0, start), before, fromLatin1(words), line.subarray(end)]);
}

function startOfText(line: Uint8Array, { text }: UntaggedHead): number {
  if (readResponseCode(line, text) === undefined) return text;
  const code = line.indexOf(CLOSE_BRACKET, text);
  if (code < 0) return text;
  return line[code + 1] === SPACE ? code + 2 : code + 1;
}
