/**
 * ID (RFC 2971) on its way to the server, and the fields by which a trusted proxy tells a server who the client
 * is. Dovecot believes them, for it trusts us. What always holds: such fields come from the proxy alone, or a
 * client could be whoever it likes (P28).
 */
import {
  CLOSE_PARENTHESIS,
  concat,
  endOfText,
  fromLatin1,
  latin1,
  OPEN_PARENTHESIS,
  quoted,
  readAstring,
  SPACE,
} from '../imap-parser-lite/index.ts';
import type { IdField } from './question.ts';

/** The family of Dovecot's, and of XCLIENT's and nginx's kin, in any case. */
const forwarded = /^x-(originating-|connected-|session|proxy-ttl|client-transport|forward-|multiplex)/i;

/**
 * The whole line of an ID command whose arguments begin at `at`, literals written as quoted strings already,
 * without such fields: the very same where it has none. Undefined: its arguments cannot be read.
 */
export function withoutForwardedFields(line: Uint8Array, at: number): Uint8Array | undefined {
  const strings = readFields(line, at);
  if (strings === undefined) return undefined;
  const kept: Uint8Array[] = [];
  for (let place = 0; place < strings.length; place += 2) {
    const [field, value] = [strings[place]!, strings[place + 1]!];
    // A field's name is compared as the server reads it, not as it is written.
    if (!forwarded.test(latin1(field.value))) kept.push(field.written, value.written);
  }
  return kept.length === strings.length ? line : withList(line, at, kept);
}

/** The fields of such a line, in order; none for NIL. Undefined: they cannot be read. */
export function identificationFields(line: Uint8Array, at: number): IdField[] | undefined {
  const strings = readFields(line, at);
  if (strings === undefined) return undefined;
  const fields: IdField[] = [];
  for (let place = 0; place < strings.length; place += 2) {
    const [field, value] = [strings[place]!, strings[place + 1]!];
    fields.push([text(field.value), isNil(value.written) ? null : text(value.value)]);
  }
  return fields;
}

/**
 * The line with `fields` in place of those that it has (`before`), the very same where they are. What no quoted string
 * may hold is left out with its field, and so is what only the proxy may say of a client.
 */
export function withFields(
  line: Uint8Array,
  at: number,
  before: readonly IdField[],
  fields: readonly IdField[],
): Uint8Array {
  if (before.length === fields.length && before.every((field, place) => sameField(field, fields[place]!)))
    return line;
  const parts = fields.flatMap(([name, value]) => {
    const written = quoted(utf8(name));
    const said = value === null ? fromLatin1('NIL') : quoted(utf8(value));
    return written === undefined || said === undefined || forwarded.test(name) ? [] : [written, said];
  });
  return withList(line, at, parts);
}

function sameField([name, value]: IdField, [otherName, otherValue]: IdField): boolean {
  return name === otherName && value === otherValue;
}

function utf8(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function text(value: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(value);
}

function isNil(written: Uint8Array): boolean {
  return latin1(written).toUpperCase() === 'NIL';
}

/** `parts`, strings as they are written, in place of the arguments at `at`. */
function withList(line: Uint8Array, at: number, parts: readonly Uint8Array[]): Uint8Array {
  const list = parts.length === 0 ? fromLatin1('NIL') : parenthesised(parts);
  return concat([line.subarray(0, at), list, line.subarray(endOfText(line))]);
}

/** The names and values of an ID command's arguments, in turn. */
function readFields(line: Uint8Array, at: number): Read[] | undefined {
  const end = endOfText(line);
  if (isNil(line.subarray(at, end))) return [];
  if (line[at] !== OPEN_PARENTHESIS || line[end - 1] !== CLOSE_PARENTHESIS) return undefined;
  const strings = readStrings(line, at + 1, end - 1);
  return strings === undefined || strings.length % 2 !== 0 ? undefined : strings;
}

/** Who is at the two ends of the client's connection; addresses as a person writes them. */
export interface Ends {
  readonly session: string;
  readonly client: string;
  readonly clientport: number;
  readonly server: string;
  readonly serverport: number;
}

/** The line of an ID command that tells the server who the client is, in the fields that Dovecot reads. */
export function identification(tag: string, ends: Ends): Uint8Array {
  const fields: readonly (readonly [name: string, value: string | number])[] = [
    ['x-originating-ip', ends.client],
    ['x-originating-port', ends.clientport],
    ['x-connected-ip', ends.server],
    ['x-connected-port', ends.serverport],
    ['x-session-id', ends.session],
  ];
  const strings = fields.flatMap((pair) => pair.map((part) => quoted(fromLatin1(`${part}`))!));
  return concat([fromLatin1(`${tag} ID `), parenthesised(strings), fromLatin1('\r\n')]);
}

interface Read {
  readonly value: Uint8Array;
  readonly written: Uint8Array;
}

/** Strings (or NIL) with one or more spaces between them. */
function readStrings(line: Uint8Array, start: number, end: number): Read[] | undefined {
  const strings: Read[] = [];
  let at = start;
  while (at < end) {
    if (line[at] === SPACE) {
      at++;
      continue;
    }
    const read = readAstring(line, at);
    if (read === undefined || read.end > end) return undefined;
    const nil = isNil(line.subarray(at, read.end));
    const written = nil ? line.subarray(at, read.end) : quoted(read.value);
    if (written === undefined) return undefined;
    strings.push({ value: read.value, written });
    at = read.end;
    if (at < end && line[at] !== SPACE) return undefined;
  }
  return strings;
}

function parenthesised(parts: readonly Uint8Array[]): Uint8Array {
  const space = Uint8Array.of(SPACE);
  const spaced = parts.flatMap((part, place) => (place === 0 ? [part] : [space, part]));
  return concat([Uint8Array.of(OPEN_PARENTHESIS), ...spaced, Uint8Array.of(CLOSE_PARENTHESIS)]);
}
