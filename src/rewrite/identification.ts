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

/** The family of Dovecot's, and of XCLIENT's and nginx's kin, in any case. */
const forwarded = /^x-(originating-|connected-|session|proxy-ttl|client-transport|forward-|multiplex)/i;

/**
 * The whole line of an ID command whose arguments begin at `at`, literals written as quoted strings already,
 * without such fields: the very same where it has none. Undefined: its arguments cannot be read.
 */
export function withoutForwardedFields(line: Uint8Array, at: number): Uint8Array | undefined {
  const end = endOfText(line);
  if (latin1(line, at, end).toUpperCase() === 'NIL') return line;
  if (line[at] !== OPEN_PARENTHESIS || line[end - 1] !== CLOSE_PARENTHESIS) return undefined;
  const strings = readStrings(line, at + 1, end - 1);
  if (strings === undefined || strings.length % 2 !== 0) return undefined;
  const kept: Uint8Array[] = [];
  for (let place = 0; place < strings.length; place += 2) {
    const [field, value] = [strings[place]!, strings[place + 1]!];
    // A field's name is compared as the server reads it, not as it is written.
    if (!forwarded.test(latin1(field.value))) kept.push(field.written, value.written);
  }
  if (kept.length === strings.length) return line;
  const list = kept.length === 0 ? fromLatin1('NIL') : parenthesised(kept);
  return concat([line.subarray(0, at), list, line.subarray(end)]);
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
    const nil = latin1(line, at, read.end).toUpperCase() === 'NIL';
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
