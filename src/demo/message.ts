/**
 * A message taken apart as far as FETCH and SEARCH need it: header and text, header fields, ENVELOPE and
 * BODYSTRUCTURE (RFC 9051 §7.5.2). Every message is described as one text part; attachments are not looked for.
 */
import { fromLatin1, latin1, SPACE } from '../imap-parser-lite/index.ts';

const LF = 0x0a;
const CR = 0x0d;

export interface Halves {
  /** With the blank line that ends it. */
  readonly header: Uint8Array;
  readonly text: Uint8Array;
}

/** Cuts a message behind the first blank line; without one, all of it is header. */
export function splitMessage(message: Uint8Array): Halves {
  for (let at = 0; at < message.length; ) {
    const lineEnd = message.indexOf(LF, at);
    if (lineEnd < 0) break;
    if (lineEnd === at || (lineEnd === at + 1 && message[at] === CR))
      return { header: message.subarray(0, lineEnd + 1), text: message.subarray(lineEnd + 1) };
    at = lineEnd + 1;
  }
  return { header: message, text: message.subarray(message.length) };
}

export interface Field {
  /** In capitals. */
  readonly name: string;
  /** Unfolded, without space around it; latin1. */
  readonly value: string;
  /** As it stands, line ends included; latin1. */
  readonly raw: string;
}

/**
 * The fields of a header, in order. Line by line, as the addresses below mark by mark: a repeated group of a regular
 * expression takes stack for each round, and a message has millions.
 */
export function headerFields(header: Uint8Array): readonly Field[] {
  const text = latin1(header);
  const fields: Field[] = [];
  for (let at = 0; at < text.length; ) {
    let end = lineEnd(text, at);
    while (text[end] === ' ' || text[end] === '\t') end = lineEnd(text, end);
    const field = readField(text.slice(at, end));
    if (field !== undefined) fields.push(field);
    at = end;
  }
  return fields;
}

/** Behind the LF of the line that begins at `start`. */
function lineEnd(text: string, start: number): number {
  const feed = text.indexOf('\n', start);
  return feed < 0 ? text.length : feed + 1;
}

function readField(raw: string): Field | undefined {
  const colon = raw.indexOf(':');
  const name = raw.slice(0, Math.max(colon, 0)).trimEnd();
  if (name === '' || /\s/.test(name)) return undefined;
  const value = raw
    .slice(colon + 1)
    .replace(/\r?\n/g, '')
    .trim();
  return { name: name.toUpperCase(), value, raw };
}

/** The value of the first field of that name (capitals). */
export function fieldValue(fields: readonly Field[], name: string): string | undefined {
  return fields.find((field) => field.name === name)?.value;
}

/** The ENVELOPE of a header, as wire text (latin1). */
export function envelope(fields: readonly Field[]): string {
  const text = (name: string): string => nstring(fieldValue(fields, name));
  const people = (name: string): string => addresses(fieldValue(fields, name));
  const from = people('FROM');
  const orFrom = (name: string): string => (fieldValue(fields, name) === undefined ? from : people(name));
  const parts = [
    text('DATE'),
    text('SUBJECT'),
    from,
    orFrom('SENDER'),
    orFrom('REPLY-TO'),
    people('TO'),
    people('CC'),
    people('BCC'),
    text('IN-REPLY-TO'),
    text('MESSAGE-ID'),
  ];
  return `(${parts.join(' ')})`;
}

/** An address list of a header field; NIL where it names nobody. */
function addresses(value: string | undefined): string {
  const written = apart(value ?? '')
    .map(address)
    .filter(Boolean);
  return written.length === 0 ? 'NIL' : `(${written.join('')})`;
}

/** Cut at each comma that does not stand in a quoted string. */
function apart(value: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (const { 0: mark, index } of value.matchAll(/\\.|[",]/g)) {
    if (mark === '"') quoted = !quoted;
    if (mark !== ',' || quoted) continue;
    parts.push(value.slice(start, index));
    start = index + 1;
  }
  parts.push(value.slice(start));
  return parts;
}

function address(text: string): string {
  const angle = text.lastIndexOf('<');
  const close = text.indexOf('>', angle);
  const spec = (angle < 0 ? text : text.slice(angle + 1, close < 0 ? undefined : close)).trim();
  const name = angle < 0 ? '' : text.slice(0, angle).trim();
  if (spec === '') return '';
  const at = spec.lastIndexOf('@');
  const local = at < 0 ? spec : spec.slice(0, at);
  const host = at < 0 ? '' : spec.slice(at + 1);
  const plainName = name.startsWith('"') ? name.replace(/^"|"$/g, '').replace(/\\(.)/g, '$1') : name;
  return `(${nstring(plainName || undefined)} NIL ${nstring(local)} ${nstring(host)})`;
}

/** BODY or BODYSTRUCTURE as wire text: one text part, with the type and charset that the header names if it is text. */
export function bodyStructure(
  fields: readonly Field[],
  text: Uint8Array,
  item: 'BODY' | 'BODYSTRUCTURE',
): string {
  const type = fieldValue(fields, 'CONTENT-TYPE') ?? '';
  const subtype = /^text\/([\w.+-]+)/i.exec(type)?.[1]?.toUpperCase() ?? 'PLAIN';
  const charset = /;\s*charset="?([\w.:+-]+)"?/i.exec(type)?.[1] ?? 'us-ascii';
  const encoding = fieldValue(fields, 'CONTENT-TRANSFER-ENCODING')?.toUpperCase() ?? '7BIT';
  let lines = 0;
  for (const byte of text) if (byte === LF) lines++;
  const basic = `"TEXT" ${nstring(subtype)} ("CHARSET" ${nstring(charset)}) NIL NIL ${nstring(encoding)} ${text.length} ${lines}`;
  return item === 'BODY' ? `(${basic})` : `(${basic} NIL NIL NIL NIL)`;
}

/** A string on the wire: quoted where it may be, else a literal; NIL where there is none. */
export function nstring(text: string | undefined): string {
  if (text === undefined) return 'NIL';
  for (const byte of fromLatin1(text)) if (byte < SPACE || byte >= 0x7f) return `{${text.length}}\r\n${text}`;
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
