/**
 * LIST, LSUB and XLIST responses (RFC 9051 §7.3.1, RFC 3501 §7.2.3): where the attributes, the delimiter, the
 * name and the rest stand in the raw bytes, so that what is not changed can leave as it came.
 */
import { type Astring, readAstring, skipParenthesised } from './astring.ts';
import {
  BACKSLASH,
  endOfText,
  fromLatin1,
  latin1,
  NO_BYTES,
  OPEN_PARENTHESIS,
  QUOTE,
  SPACE,
} from './bytes.ts';

export interface ListResponse {
  readonly verb: 'LIST' | 'LSUB' | 'XLIST';
  /** The text between the attributes' parentheses. */
  readonly attributes: { readonly start: number; readonly end: number };
  /** The one character between the levels of a name; empty where the names have no levels. */
  readonly delimiter: Uint8Array;
  /** What the name says, quotes and escapes taken away, not decoded. */
  readonly name: Uint8Array;
  /** Index of the name as it is written, and behind it. */
  readonly nameStart: number;
  readonly nameEnd: number;
  /** Index behind the response's text, before its line end. */
  readonly end: number;
}

/** Whether the untagged word is one of the three. */
export function isListVerb(word: string): word is ListResponse['verb'] {
  return word === 'LIST' || word === 'LSUB' || word === 'XLIST';
}

/** A response that was read before. */
export interface ReadBefore {
  readonly response: Uint8Array;
  readonly parts: ListResponse;
}

/** What stands before the name. */
type Head = Pick<ListResponse, 'verb' | 'attributes' | 'delimiter' | 'nameStart'>;

/**
 * Reads a whole response, literals included. Undefined: it is none of the three, or not of their form. Of the
 * thousands that answer one command nearly all begin alike, so what `like` begins with is not read again.
 */
export function readListResponse(response: Uint8Array, like?: ReadBefore): ListResponse | undefined {
  const head = like !== undefined && beginsLike(response, like) ? like.parts : readHead(response);
  if (head === undefined) return undefined;
  const { verb, attributes, delimiter, nameStart } = head;
  const name = readAstring(response, nameStart);
  if (name === undefined) return undefined;
  const end = endOfText(response);
  if (name.end > end || (name.end < end && response[name.end] !== SPACE)) return undefined;
  return { verb, attributes, delimiter, name: name.value, nameStart, nameEnd: name.end, end };
}

/** Whether everything before the name is the same. */
function beginsLike(response: Uint8Array, { response: other, parts }: ReadBefore): boolean {
  for (let at = 0; at < parts.nameStart; at++) if (response[at] !== other[at]) return false;
  return true;
}

function readHead(response: Uint8Array): Head | undefined {
  const verb = readVerb(response);
  if (verb === undefined) return undefined;
  const attributesStart = `* ${verb} `.length;
  if (response[attributesStart] !== OPEN_PARENTHESIS) return undefined;
  const attributesEnd = skipParenthesised(response, attributesStart);
  if (attributesEnd === undefined || response[attributesEnd] !== SPACE) return undefined;
  const delimiter = readDelimiter(response, attributesEnd + 1);
  if (delimiter === undefined || response[delimiter.end] !== SPACE) return undefined;
  return {
    verb,
    attributes: { start: attributesStart + 1, end: attributesEnd - 1 },
    delimiter: delimiter.value,
    nameStart: delimiter.end + 1,
  };
}

const verbs = ['LIST', 'LSUB', 'XLIST'] as const;
const beginnings = verbs.map((verb) => fromLatin1(`* ${verb} `));

/** Which of the three it is; by its bytes, for this is asked of every folder. */
function readVerb(response: Uint8Array): ListResponse['verb'] | undefined {
  for (let which = 0; which < verbs.length; which++) {
    if (beginsWith(response, beginnings[which]!)) return verbs[which];
  }
  return undefined;
}

/** Letters in either case. */
function beginsWith(response: Uint8Array, beginning: Uint8Array): boolean {
  for (let at = 0; at < beginning.length; at++) {
    // Of the bytes that are no letters, neither has the bit.
    const byte = beginning[at]! >= 0x41 ? response[at]! & ~0x20 : response[at];
    if (byte !== beginning[at]) return false;
  }
  return true;
}

/** Made once, for there are as many as folders. */
const oneByte = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));

/** NIL, or one character, which may be written `"\\"`; some servers leave the quotes away, or it empty. */
function readDelimiter(response: Uint8Array, at: number): Astring | undefined {
  // `"/"`, as nearly every server writes it.
  if (response[at] === QUOTE && response[at + 2] === QUOTE && response[at + 1] !== BACKSLASH)
    return { value: oneByte[response[at + 1]!]!, end: at + 3 };
  const delimiter = readAstring(response, at);
  if (delimiter === undefined) return undefined;
  if (delimiter.end - at === 3 && latin1(response, at, at + 3).toUpperCase() === 'NIL') {
    return { value: NO_BYTES, end: delimiter.end };
  }
  return delimiter.value.length <= 1 ? delimiter : undefined;
}
