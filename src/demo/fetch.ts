/**
 * FETCH and UID FETCH (RFC 9051 §6.4.5): the items that clients ask a mailbox of plain texts for. What a client
 * named is answered under the name it used, in capitals, because clients compare.
 */
import { type Argument, keyword, list, sequenceSet } from './arguments.ts';
import { bodyStructure, envelope, type Field, headerFields, splitMessage } from './message.ts';
import { type Outcome, type SelectedSession, syntaxError, tagged } from './session.ts';
import type { Message } from './store.ts';

type Item =
  | { readonly kind: 'named'; readonly name: (typeof namedItems)[number] }
  | {
      readonly kind: 'section';
      /** What the answer is called, the origin of a partial fetch included. */
      readonly label: string;
      readonly section: Section;
      readonly seen: 'mark' | 'peek';
      readonly partial: { readonly from: number; readonly length: number } | undefined;
    };

type Section =
  | { readonly kind: 'whole' | 'header' | 'text' }
  | { readonly kind: 'fields'; readonly only: 'named' | 'others'; readonly names: readonly string[] };

const namedItems = [
  'FLAGS',
  'UID',
  'INTERNALDATE',
  'RFC822.SIZE',
  'ENVELOPE',
  'BODY',
  'BODYSTRUCTURE',
] as const;

const macros: Readonly<Record<string, readonly string[]>> = {
  FAST: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE'],
  ALL: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE'],
  FULL: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE', 'BODY'],
};

/** Runs FETCH, or UID FETCH where `by` is `uid`. */
export function fetch(session: SelectedSession, given: readonly Argument[], by: 'number' | 'uid'): Outcome {
  const set = sequenceSet(given[0]);
  const items = readItems(given[1], by);
  if (set === undefined || given.length !== 2)
    return syntaxError('FETCH takes a set of messages and what to fetch');
  if (items === undefined) return tagged('BAD The demo mailbox does not know one of these FETCH items');
  const view = session.selected;
  const marks = !view.readOnly && items.some((item) => item.kind === 'section' && item.seen === 'mark');
  for (const { number, message } of view.choose(set, by)) {
    let wanted = items;
    if (marks && !message.flags.includes('\\Seen')) {
      view.folder.setFlags(message, [...message.flags, '\\Seen']);
      wanted = withFlags(items);
    }
    if (wanted.some((item) => item.kind === 'named' && item.name === 'FLAGS')) view.flagsTold(message);
    session.send(`* ${number} FETCH (`, ...answer(message, wanted), ')');
  }
  return tagged('OK FETCH completed');
}

function withFlags(items: readonly Item[]): readonly Item[] {
  const flags: Item = { kind: 'named', name: 'FLAGS' };
  return [flags, ...items.filter((item) => item.kind !== 'named' || item.name !== 'FLAGS')];
}

function readItems(argument: Argument | undefined, by: 'number' | 'uid'): readonly Item[] | undefined {
  const words = (list(argument) ?? (argument ? [argument] : [])).map(keyword);
  const macro = argument?.kind === 'atom' ? macros[words[0] ?? ''] : undefined;
  const items = (macro ?? words).map(readItem);
  if (items.length === 0 || !items.every((item) => item !== undefined)) return undefined;
  if (by === 'number' || items.some((item) => item.kind === 'named' && item.name === 'UID')) return items;
  return [{ kind: 'named', name: 'UID' }, ...items];
}

function readItem(word: string | undefined): Item | undefined {
  if (word === undefined) return undefined;
  const name = namedItems.find((known) => known === word);
  if (name !== undefined) return { kind: 'named', name };
  const whole = { kind: 'section', label: word, partial: undefined } as const;
  if (word === 'RFC822') return { ...whole, section: { kind: 'whole' }, seen: 'mark' };
  if (word === 'RFC822.HEADER') return { ...whole, section: { kind: 'header' }, seen: 'peek' };
  if (word === 'RFC822.TEXT') return { ...whole, section: { kind: 'text' }, seen: 'mark' };

  const body = /^BODY(\.PEEK)?\[([^\]]*)\](?:<(\d{1,10})\.(\d{1,10})>)?$/.exec(word);
  if (body === null) return undefined;
  const [, peek, text = '', from, length] = body;
  const section = readSection(text);
  if (section === undefined) return undefined;
  const written =
    section.kind === 'fields' ? `${text.slice(0, text.indexOf('('))}(${section.names.join(' ')})` : text;
  return {
    kind: 'section',
    label: `BODY[${written}]${from === undefined ? '' : `<${Number(from)}>`}`,
    section,
    seen: peek === undefined ? 'mark' : 'peek',
    partial: from === undefined ? undefined : { from: Number(from), length: Number(length) },
  };
}

/** What stands between the brackets, in capitals. `1` is the text: there is one part only. */
function readSection(text: string): Section | undefined {
  if (text === '') return { kind: 'whole' };
  if (text === 'HEADER') return { kind: 'header' };
  if (text === 'TEXT' || text === '1') return { kind: 'text' };
  const fields = /^HEADER\.FIELDS(\.NOT)? \(([^()]+)\)$/.exec(text);
  if (fields === null) return undefined;
  const names = (fields[2] ?? '').split(' ').map((name) => name.replace(/^"(.*)"$/, '$1'));
  if (!names.every((name) => /^[!#-9;-[^-z|}~]+$/.test(name))) return undefined;
  return { kind: 'fields', only: fields[1] === undefined ? 'named' : 'others', names };
}

/** The answer to all items, as pieces of wire text and bytes. */
function answer(message: Message, items: readonly Item[]): readonly (string | Uint8Array)[] {
  const pieces: (string | Uint8Array)[] = [];
  const { header, text } = splitMessage(message.bytes);
  const fields = headerFields(header);
  for (const [index, item] of items.entries()) {
    if (index > 0) pieces.push(' ');
    if (item.kind === 'named') {
      pieces.push(`${item.name} ${namedValue(item.name, message, fields, text)}`);
      continue;
    }
    let bytes = sectionBytes(item.section, message, header, text, fields);
    if (item.partial) bytes = bytes.subarray(item.partial.from, item.partial.from + item.partial.length);
    pieces.push(`${item.label} {${bytes.length}}\r\n`, bytes);
  }
  return pieces;
}

function namedValue(
  name: (typeof namedItems)[number],
  message: Message,
  fields: readonly Field[],
  text: Uint8Array,
): string {
  switch (name) {
    case 'FLAGS':
      return `(${message.flags.join(' ')})`;
    case 'UID':
      return String(message.uid);
    case 'INTERNALDATE':
      return `"${internalDate(message.received)}"`;
    case 'RFC822.SIZE':
      return String(message.bytes.length);
    case 'ENVELOPE':
      return envelope(fields);
    case 'BODY':
    case 'BODYSTRUCTURE':
      return bodyStructure(fields, text, name);
  }
}

function sectionBytes(
  section: Section,
  message: Message,
  header: Uint8Array,
  text: Uint8Array,
  fields: readonly Field[],
): Uint8Array {
  switch (section.kind) {
    case 'whole':
      return message.bytes;
    case 'header':
      return header;
    case 'text':
      return text;
    case 'fields': {
      const chosen = fields.filter(
        (field) => section.names.includes(field.name) === (section.only === 'named'),
      );
      return Buffer.from(`${chosen.map((field) => field.raw).join('')}\r\n`, 'latin1');
    }
  }
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A date-time of RFC 9051 §9, in UTC. */
function internalDate(date: Date): string {
  const day = String(date.getUTCDate()).padStart(2, ' ');
  const time = date.toISOString().slice(11, 19);
  return `${day}-${months[date.getUTCMonth()]}-${date.getUTCFullYear()} ${time} +0000`;
}
