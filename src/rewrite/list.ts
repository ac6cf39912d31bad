/**
 * One folder in a LIST, LSUB or XLIST answer: taken apart for the script, and written again with what the
 * script said. The name and the delimiter always leave as the bytes that came; what a script returned never
 * gets out of its place in the line.
 */
import {
  canonicalName,
  concat,
  decodeMailboxName,
  endOfText,
  fromLatin1,
  LF,
  type ListResponse,
  latin1,
  NO_BYTES,
  OPEN_PARENTHESIS,
  QUOTE,
  readAstring,
  readListResponse,
  readResponseHead,
  SPACE,
  sameBytes,
  skipParenthesised,
  splitWords,
} from '../imap-parser-lite/index.ts';
import type { NameEncoding } from './question.ts';

/** A LIST, LSUB or XLIST response taken apart; `response` is its raw bytes. */
export interface FolderResponse {
  readonly response: Uint8Array;
  readonly parts: ListResponse;
  /** Decoded UTF-8, or the bytes as they came where they are not valid modified UTF-7. */
  readonly name: Uint8Array;
  /** The text between the parentheses. */
  readonly attributes: Uint8Array;
  /** Everything after the name without the CRLF, leading space included; empty when there is nothing. */
  readonly extended: Uint8Array;
}

/**
 * Takes a whole raw response apart; undefined where it is not a folder response we can read. `like`: one that was read
 * before and mostly begins as this one does.
 */
export function readFolder(
  response: Uint8Array,
  names: NameEncoding,
  like?: FolderResponse,
): FolderResponse | undefined {
  const parts = readListResponse(response, like);
  if (parts === undefined) return undefined;
  const { attributes } = parts;
  return {
    response,
    parts,
    name: decodeName(parts.name, names),
    attributes:
      attributes === like?.parts.attributes
        ? like.attributes
        : response.subarray(attributes.start, attributes.end),
    extended: parts.nameEnd === parts.end ? NO_BYTES : response.subarray(parts.nameEnd, parts.end),
  };
}

/**
 * Whether a response is the answer to LIST "" "", which tells the delimiter and is no folder (P23): its name is empty,
 * or, where such an answer is `asked` for, the root of the reference, which ends in the delimiter. By its name, for
 * folders may come while that answer is awaited.
 */
export function tellsDelimiter(response: Uint8Array, asked: boolean): boolean {
  const end = endOfText(response);
  // In quotes, or behind the line of its literal.
  const empty = (response[end - 1] === QUOTE && response[end - 2] === QUOTE) || response[end - 1] === LF;
  if (!asked && !empty) return false;
  const list = readListResponse(response);
  if (list === undefined) return false;
  return (
    list.name.length === 0 || (asked && list.delimiter.length > 0 && list.name.at(-1) === list.delimiter[0])
  );
}

/** A name from the wire as the UTF-8 that a script sees; what cannot be decoded is seen as it came. */
export function decodeName(name: Uint8Array, names: NameEncoding): Uint8Array {
  return names === 'utf8' ? name : (decodeMailboxName(name) ?? name);
}

/** One key for every spelling of a mailbox name, to compare by; `name` is decoded. */
export function nameKey(name: Uint8Array): string {
  return latin1(canonicalName(name));
}

/**
 * The key of the mailbox that an untagged response with its name in the first place is about (STATUS, MYRIGHTS,
 * METADATA). `response` is whole. Undefined where it names none.
 */
export function namedMailbox(response: Uint8Array, names: NameEncoding): string | undefined {
  const head = readResponseHead(response);
  if (head.kind !== 'untagged') return undefined;
  const name = readAstring(response, head.text);
  return name && nameKey(decodeName(name.value, names));
}

/**
 * Writes the response again with what a script returned. `undefined` keeps the original value; when nothing
 * differs, the very bytes that came are returned. A value that would break out of its place gives `{ fault }`,
 * a sentence for the operator.
 */
export function writeFolder(
  folder: FolderResponse,
  attributes: Uint8Array | undefined,
  extended: Uint8Array | undefined,
): Uint8Array | { readonly fault: string } {
  const newAttributes = attributes !== undefined && !sameBytes(attributes, folder.attributes);
  const newExtended = extended !== undefined && !sameBytes(extended, folder.extended);
  if (!newAttributes && !newExtended) return folder.response;

  const { response, parts } = folder;
  let attributesText = folder.attributes;
  if (newAttributes) {
    const words = splitWords(latin1(attributes));
    const strange = words.filter((word) => !attribute.test(word));
    const given = strange.length === 0 ? [] : splitWords(latin1(folder.attributes));
    if (strange.some((word) => !given.includes(word) || !harmless.test(word))) {
      return { fault: 'the attributes returned hold something that is no attribute' };
    }
    attributesText = fromLatin1(words.join(' '));
  }
  let extendedText = folder.extended;
  if (newExtended) {
    extendedText = extended[0] === OPEN_PARENTHESIS ? concat([Uint8Array.of(SPACE), extended]) : extended;
    if (!isExtendedData(extendedText)) {
      return { fault: 'the extended data returned would break out of the response' };
    }
  }
  return concat([
    response.subarray(0, parts.attributes.start),
    attributesText,
    response.subarray(parts.attributes.end, parts.nameEnd),
    extendedText,
    response.subarray(parts.end),
  ]);
}

/** mbx-list-flags of RFC 9051 §9: an atom, with or without a backslash before it. */
const attribute = /^\\?[^\x00-\x20()"\\%*{}\]\x7f-\xff]+$/;

/** What cannot end the list that it stands in. A word outside of the grammar may stay where the server gave it. */
const harmless = /^[^\x00-\x20()"{}\x7f]+$/;

/** Nothing, or a space and one parenthesised list, closed where it ends and on one line (RFC 9051 §9, mbox-list-extended). */
function isExtendedData(extended: Uint8Array): boolean {
  if (extended.length === 0) return true;
  for (const byte of extended) if (byte === 0x0d || byte === 0x0a || byte === 0) return false;
  if (extended[0] !== 0x20 || extended[1] !== 0x28) return false;
  return skipParenthesised(extended, 1) === extended.length;
}
