/**
 * The head of a client's command (RFC 9051 §9, `command`): tag, verb, and the few arguments the product needs.
 * Strict, because a lenient server behind us must not see a command where we saw none: what does not parse here
 * is never sent on.
 */
import { readAstring, skipParenthesised } from './astring.ts';
import { endOfText, isAtomByte, latin1, OPEN_PARENTHESIS, PLUS, SPACE, upperCaseWord } from './bytes.ts';
import * as limits from './limits.ts';

export interface CommandHead {
  readonly tag: string;
  /** Upper case. */
  readonly verb: string;
  /** Index of the first argument; undefined where there is none. */
  readonly arguments: number | undefined;
}

/**
 * The tag that a line begins with, for an answer to what is otherwise no command; undefined: it has none. `]`, which
 * the RFC allows in tags and no client uses, is in none: Dovecot answers such a command without its tag, and what
 * waits for that answer would wait for ever.
 */
export function readTag(line: Uint8Array): string | undefined {
  let end = 0;
  while (end < line.length && isAtomByte(line[end]!) && line[end] !== PLUS) end++;
  if (end === 0 || end > limits.tag) return undefined;
  return line[end] === SPACE || end === endOfText(line) ? latin1(line, 0, end) : undefined;
}

/** Reads the head of a command's first line. Undefined: it is no command. */
export function readCommandHead(line: Uint8Array): CommandHead | undefined {
  const tag = readTag(line);
  if (tag === undefined) return undefined;
  const start = tag.length + 1;
  const textEnd = endOfText(line);
  let end = start;
  while (end < textEnd && isAtomByte(line[end]!)) end++;
  if (end === start || end - start > limits.verb) return undefined;
  if (end < textEnd && line[end] !== SPACE) return undefined;
  return {
    tag,
    verb: upperCaseWord(line, start, end),
    arguments: end < textEnd ? end + 1 : undefined,
  };
}

/** Whether a literal may stand at the end of this first line: only a command with arguments has literals. */
export function announcesLiterals(line: Uint8Array): boolean {
  return readCommandHead(line)?.arguments !== undefined;
}

/**
 * The two strings of LIST, LSUB or XLIST that matter, reference and first pattern, from its first line; undefined
 * where they are not all in it, or not of that form. Selection options (RFC 5258) are skipped.
 */
export function readListArguments(
  line: Uint8Array,
  at: number,
): { readonly reference: Uint8Array; readonly pattern: Uint8Array } | undefined {
  let next = at;
  if (line[next] === OPEN_PARENTHESIS) {
    const behind = skipParenthesised(line, next);
    if (behind === undefined || line[behind] !== SPACE) return undefined;
    next = behind + 1;
  }
  const reference = readAstring(line, next);
  if (reference === undefined || line[reference.end] !== SPACE) return undefined;
  const pattern = readAstring(line, reference.end + 1);
  return pattern && { reference: reference.value, pattern: pattern.value };
}
