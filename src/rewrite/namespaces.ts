/**
 * The answer to NAMESPACE (RFC 2342 §5, RFC 9051 §7.3.4) names a folder for each namespace: the one that its prefix
 * is. What always holds: a namespace leaves with the bytes that came, or not at all; what cannot be read tells nothing.
 */
import {
  concat,
  endOfText,
  fromLatin1,
  latin1,
  OPEN_PARENTHESIS,
  quoted,
  readAstring,
  SPACE,
  sameBytes,
  skipParenthesised,
} from '../imap-parser-lite/index.ts';

export interface Namespace {
  /** As it came, parentheses included. */
  readonly bytes: Uint8Array;
  /** The folder of its prefix as a LIST response, for the script; undefined where the prefix is empty, the root. */
  readonly folder: Uint8Array | undefined;
}

/** Personal, other users' and shared ones. */
export type Namespaces = readonly (readonly Namespace[])[];

const none: Namespaces = [[], [], []];

/** Reads a whole response; `text` is the index behind its word. None where it cannot be read. */
export function readNamespaces(response: Uint8Array, text: number): Namespaces {
  const groups: Namespace[][] = [];
  let at = text;
  while (groups.length < none.length) {
    const end = response[at] === OPEN_PARENTHESIS ? skipParenthesised(response, at) : endOfNil(response, at);
    const group = end === undefined ? undefined : readGroup(response.subarray(at, end));
    if (end === undefined || group === undefined) return none;
    groups.push(group);
    at = response[end] === SPACE ? end + 1 : end;
  }
  return at === endOfText(response) ? groups : none;
}

function endOfNil(response: Uint8Array, at: number): number | undefined {
  return latin1(response, at, at + 3).toUpperCase() === 'NIL' ? at + 3 : undefined;
}

/** `bytes`: NIL, or namespaces in parentheses. */
function readGroup(bytes: Uint8Array): Namespace[] | undefined {
  const group: Namespace[] = [];
  if (bytes[0] !== OPEN_PARENTHESIS) return group;
  let at = 1;
  while (at < bytes.length - 1) {
    const end = bytes[at] === OPEN_PARENTHESIS ? skipParenthesised(bytes, at) : undefined;
    const namespace = end === undefined ? undefined : readNamespace(bytes.subarray(at, end));
    if (end === undefined || namespace === undefined) return undefined;
    group.push(namespace);
    at = bytes[end] === SPACE ? end + 1 : end;
  }
  return group;
}

function readNamespace(bytes: Uint8Array): Namespace | undefined {
  const prefix = readAstring(bytes, 1);
  const delimiter = prefix && bytes[prefix.end] === SPACE ? readAstring(bytes, prefix.end + 1) : undefined;
  if (prefix === undefined || delimiter === undefined) return undefined;
  const { value } = prefix;
  if (value.length === 0) return { bytes, folder: undefined };
  const ends = sameBytes(value.subarray(-1), delimiter.value);
  const name = quoted(ends ? value.subarray(0, -1) : value);
  if (name === undefined) return undefined;
  const written = bytes.subarray(prefix.end + 1, delimiter.end);
  const folder = concat([fromLatin1('* LIST () '), written, fromLatin1(' '), name, fromLatin1('\r\n')]);
  return { bytes, folder };
}

/** The response with those namespaces that are `shown`. */
export function writeNamespaces(groups: Namespaces, shown: (namespace: Namespace) => boolean): Uint8Array {
  const written = groups.map((group) => {
    const left = group.filter(shown).map(({ bytes }) => latin1(bytes));
    return left.length === 0 ? 'NIL' : `(${left.join('')})`;
  });
  return fromLatin1(`* NAMESPACE ${written.join(' ')}\r\n`);
}
