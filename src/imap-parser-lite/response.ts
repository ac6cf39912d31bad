/**
 * The head of a server's response (RFC 9051 §7): enough to know its kind, for the kind decides whether `{5}` at
 * the end of the line is a literal or text that a user wrote into a status line.
 */
import { ASTERISK, endOfText, latin1, OPEN_BRACKET, PLUS, SPACE, upperCaseWord } from './bytes.ts';
import * as limits from './limits.ts';

export type ResponseHead =
  /** `+ …`, also `+` alone and `+…`, as some servers send it: no tag begins with it, and clients take it for one. */
  | { readonly kind: 'continuation' }
  /** `* WORD …`; `word` is in upper case and may be a number. `text` is the index of what follows. */
  | { readonly kind: 'untagged'; readonly word: string; readonly text: number }
  /** `tag WORD …`: the answer to a command. */
  | { readonly kind: 'tagged'; readonly tag: string; readonly word: string; readonly text: number }
  /** No response at all. */
  | { readonly kind: 'unknown' };

const continuation: ResponseHead = { kind: 'continuation' };
const unknown: ResponseHead = { kind: 'unknown' };

/** The words of status responses (RFC 9051 §7.1), whose text is free. */
const statusWords: ReadonlySet<string> = new Set(['OK', 'NO', 'BAD', 'BYE', 'PREAUTH']);

/** Reads the head of a response's first line. */
export function readResponseHead(line: Uint8Array): ResponseHead {
  if (line[0] === PLUS) return continuation;
  const end = Math.min(endOfText(line), limits.responseHead);
  const space = line.indexOf(SPACE);
  if (space < 1 || space >= end) return unknown;
  let wordEnd = space + 1;
  while (wordEnd < end && line[wordEnd] !== SPACE) wordEnd++;
  if (wordEnd === space + 1) return unknown;
  const word = upperCaseWord(line, space + 1, wordEnd);
  const text = Math.min(wordEnd + 1, end);
  if (space === 1 && line[0] === ASTERISK) return { kind: 'untagged', word, text };
  return { kind: 'tagged', tag: latin1(line, 0, space), word, text };
}

/**
 * The word of the response code at `text`, where a status response's text begins, in upper case: `TRYCREATE`,
 * `UNAVAILABLE` (RFC 9051 §7.1). Undefined where there is none, or one that is no word.
 */
export function readResponseCode(line: Uint8Array, text: number): string | undefined {
  if (line[text] !== OPEN_BRACKET) return undefined;
  const begin = latin1(line, text + 1, Math.min(text + 42, line.length));
  return /^([A-Z][A-Z0-9-]{0,39})[ \]]/i.exec(begin)?.[1]?.toUpperCase();
}

/** Whether the untagged word makes a status response, whose text announces no literal. */
export function isStatusWord(word: string): boolean {
  return statusWords.has(word);
}

/** Whether a literal may stand at the end of this first line: only untagged data has literals (P1). */
export function announcesLiterals(line: Uint8Array): boolean {
  const head = readResponseHead(line);
  return head.kind === 'untagged' && !isStatusWord(head.word);
}
