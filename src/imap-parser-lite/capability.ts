/**
 * Capability lists, wherever they stand (RFC 9051 §7.1, §7.2.2): the code of a greeting, of an untagged or of a
 * tagged status response, and the untagged CAPABILITY response. Only a leading code counts: some greetings end
 * in a bracketed blob that is none.
 */
import { CLOSE_BRACKET, endOfText, latin1, OPEN_BRACKET, SPACE } from './bytes.ts';
import { isStatusWord, type ResponseHead } from './response.ts';

/** Where the words of a capability list stand in a line: from `start` up to `end`. */
export interface CapabilitySpan {
  readonly start: number;
  readonly end: number;
}

const CODE = 'CAPABILITY';

/** Whether a line with the given head begins with a capability list; its end may be still to come. */
export function beginsCapabilities(line: Uint8Array, head: ResponseHead): boolean {
  if (head.kind !== 'untagged' && head.kind !== 'tagged') return false;
  if (head.kind === 'untagged' && head.word === CODE) return true;
  if (line[head.text] !== OPEN_BRACKET || !isStatusWord(head.word)) return false;
  const code = head.text + 1;
  return latin1(line, code, Math.min(code + CODE.length, line.length)).toUpperCase() === CODE;
}

/** Finds the capability list in a complete line with the given head; undefined where it has none. */
export function findCapabilities(line: Uint8Array, head: ResponseHead): CapabilitySpan | undefined {
  if ((head.kind !== 'untagged' && head.kind !== 'tagged') || !beginsCapabilities(line, head))
    return undefined;
  if (head.kind === 'untagged' && head.word === CODE) return { start: head.text, end: endOfText(line) };
  const start = head.text + 1 + CODE.length;
  const end = line.indexOf(CLOSE_BRACKET, start);
  if (end < 0 || (end !== start && line[start] !== SPACE)) return undefined;
  return { start: Math.min(start + 1, end), end };
}

/** The words of a list, as they stand. */
export function capabilityWords(line: Uint8Array, span: CapabilitySpan): string[] {
  return splitWords(latin1(line, span.start, span.end));
}

/** Splits at spaces, any number of them, at the ends too. */
export function splitWords(text: string): string[] {
  return text.split(' ').filter((word) => word !== '');
}
