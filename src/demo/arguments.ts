/**
 * The arguments of a command as a tree of words, strings and lists, read once from the whole command with its
 * literals in it, so that no command has to look at bytes.
 */
import {
  CLOSE_BRACKET,
  CLOSE_PARENTHESIS,
  endOfText,
  latin1,
  OPEN_BRACE,
  OPEN_BRACKET,
  OPEN_PARENTHESIS,
  QUOTE,
  readAstring,
  SPACE,
  TILDE,
} from '../imap-parser-lite/index.ts';

export type Argument =
  /** An atom, as it stands; also `BODY[HEADER.FIELDS (TO)]<0.9>`, brackets, spaces and all. */
  | { readonly kind: 'atom'; readonly bytes: Uint8Array }
  /** A quoted string or a literal. */
  | { readonly kind: 'string'; readonly bytes: Uint8Array }
  | { readonly kind: 'list'; readonly items: readonly Argument[] };

/** Lists in lists, and criteria of SEARCH in criteria: each level is a call in a call, and a stack has an end. */
export const deepest = 16;

/** Reads all arguments of the whole command `message` from index `at`. Undefined: they are not of that form. */
export function readArguments(message: Uint8Array, at: number | undefined): readonly Argument[] | undefined {
  if (at === undefined) return [];
  const end = endOfText(message);
  const read = readItems(message, at, end, 0);
  return read?.end === end ? read.items : undefined;
}

interface Items {
  readonly items: readonly Argument[];
  readonly end: number;
}

/** Items with single spaces between them, up to a closing parenthesis or `end`. */
function readItems(message: Uint8Array, start: number, end: number, depth: number): Items | undefined {
  const items: Argument[] = [];
  let at = start;
  if (depth > deepest) return undefined;
  if (depth > 0 && message[at] === CLOSE_PARENTHESIS) return { items, end: at };
  for (;;) {
    if (message[at] === OPEN_PARENTHESIS) {
      const inside = readItems(message, at + 1, end, depth + 1);
      if (inside === undefined || message[inside.end] !== CLOSE_PARENTHESIS) return undefined;
      items.push({ kind: 'list', items: inside.items });
      at = inside.end + 1;
    } else {
      const word = readWord(message, at, end);
      if (word === undefined) return undefined;
      items.push(word.argument);
      at = word.end;
    }
    if (at >= end || message[at] === CLOSE_PARENTHESIS) return { items, end: at };
    if (message[at] !== SPACE) return undefined;
    at++;
  }
}

function readWord(
  message: Uint8Array,
  at: number,
  end: number,
): { readonly argument: Argument; readonly end: number } | undefined {
  const read = readAstring(message, at);
  if (read === undefined || read.end > end) return undefined;
  const literal = message[at] === OPEN_BRACE || (message[at] === TILDE && message[at + 1] === OPEN_BRACE);
  if (literal || message[at] === QUOTE)
    return { argument: { kind: 'string', bytes: read.value }, end: read.end };
  let wordEnd = read.end;
  if (read.value.includes(OPEN_BRACKET) && !read.value.includes(CLOSE_BRACKET)) {
    const bracket = message.indexOf(CLOSE_BRACKET, wordEnd);
    if (bracket < 0) return undefined;
    wordEnd = bracket + 1;
    while (wordEnd < end && message[wordEnd] !== SPACE && message[wordEnd] !== CLOSE_PARENTHESIS) wordEnd++;
  }
  return { argument: { kind: 'atom', bytes: message.subarray(at, wordEnd) }, end: wordEnd };
}

/** The atom in capitals; undefined where it is none. */
export function keyword(argument: Argument | undefined): string | undefined {
  return argument?.kind === 'atom' ? latin1(argument.bytes).toUpperCase() : undefined;
}

/** The bytes of an atom, a quoted string or a literal; undefined where it is none. */
export function astring(argument: Argument | undefined): Uint8Array | undefined {
  return argument === undefined || argument.kind === 'list' ? undefined : argument.bytes;
}

/** The items of a list; undefined where it is none. */
export function list(argument: Argument | undefined): readonly Argument[] | undefined {
  return argument?.kind === 'list' ? argument.items : undefined;
}

/** The atoms of a list in capitals; undefined where it is no list of atoms. */
export function keywords(argument: Argument | undefined): readonly string[] | undefined {
  const words = list(argument)?.map(keyword);
  return words?.every((word) => word !== undefined) ? words : undefined;
}

/** Ranges of message numbers or UIDs (RFC 9051 §9, sequence-set); `*` stands as Infinity. */
export type SequenceSet = readonly { readonly from: number; readonly to: number }[];

/** Reads a sequence set; undefined where it is none. */
export function sequenceSet(argument: Argument | undefined): SequenceSet | undefined {
  const text = keyword(argument);
  if (text === undefined || !/^(?:[1-9]\d{0,9}|\*)(?:[:,](?:[1-9]\d{0,9}|\*))*$/.test(text)) return undefined;
  const ranges = text.split(',').map((range) => range.split(':').map(sequenceNumber));
  if (ranges.some((range) => range.length > 2)) return undefined;
  return ranges.map(([from = 0, to = from]) => ({ from, to }));
}

function sequenceNumber(text: string): number {
  return text === '*' ? Number.POSITIVE_INFINITY : Number(text);
}

/** Whether `number` is in the set, where `*` means `largest`. */
export function inSet(set: SequenceSet, number: number, largest: number): boolean {
  const resolve = (bound: number): number => (bound === Number.POSITIVE_INFINITY ? largest : bound);
  return set.some((range) => {
    const from = resolve(range.from);
    const to = resolve(range.to);
    return number >= Math.min(from, to) && number <= Math.max(from, to);
  });
}
