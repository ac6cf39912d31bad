/**
 * Which mailboxes a command names, and where (RFC 9051 §6.3, §6.4.7; RFC 2087, 4314, 5464, 6851, 8508). Strict:
 * where a name should stand and cannot be read, the answer is `unreadable`, never "none".
 */
import { readAstring, skipParenthesised } from './astring.ts';
import { endOfText, latin1, OPEN_BRACE, OPEN_PARENTHESIS, SPACE, TILDE } from './bytes.ts';
import type { CommandHead } from './command.ts';

export interface MailboxArgument {
  /** Where its spelling begins and ends in the line. */
  readonly start: number;
  readonly end: number;
  /** Quotes and escapes taken away, not decoded. */
  readonly value: Uint8Array;
}

export type MailboxArguments =
  | { readonly kind: 'none' }
  | { readonly kind: 'named'; readonly mailboxes: readonly MailboxArgument[] }
  /** The line ends in the literal of a name: its bytes are needed first. */
  | { readonly kind: 'literal' }
  | { readonly kind: 'unreadable' };

/**
 * What stands before the name (`set`: a sequence set; `options`: those of GETMETADATA, which may be left out), how many
 * names there are, and what has to stand behind them.
 */
interface Place {
  readonly before: 'nothing' | 'set' | 'options';
  readonly names: 1 | 2;
  readonly behind: 'nothing' | 'something' | 'anything';
}

const first: Place = { before: 'nothing', names: 1, behind: 'anything' };
const behindSet: Place = { ...first, before: 'set' };
/** Of two arguments, Cyrus takes the second one for the name. */
const alone: Place = { ...first, behind: 'nothing' };
/** Without anything behind the name, Cyrus takes it for the entry, and the options for mailboxes. */
const behindOptions: Place = { before: 'options', names: 1, behind: 'something' };

const places: Readonly<Record<string, Place>> = {
  ...{ SELECT: first, EXAMINE: first, STATUS: first, CREATE: first, DELETE: first, APPEND: first },
  ...{ SUBSCRIBE: alone, UNSUBSCRIBE: alone, RENAME: { ...first, names: 2 } },
  ...{ COPY: behindSet, MOVE: behindSet, REPLACE: behindSet },
  ...{ 'UID COPY': behindSet, 'UID MOVE': behindSet, 'UID REPLACE': behindSet },
  ...{ SETACL: first, DELETEACL: first, GETACL: first, LISTRIGHTS: first, MYRIGHTS: first },
  ...{ SETMETADATA: first, GETMETADATA: behindOptions, GETQUOTAROOT: first },
  // A quota root may have the name of the mailbox from which on it counts (Cyrus).
  ...{ GETQUOTA: first, SETQUOTA: first },
};

/** The options of GETMETADATA (RFC 5464 §4.2); in another list Cyrus reads mailboxes. */
const metadataOptions = /^\((MAXSIZE \d+|DEPTH (0|1|infinity))( (MAXSIZE \d+|DEPTH (0|1|infinity)))?\)$/i;

/** The verb with the one behind UID, upper case: `UID MOVE`. The index is that of the arguments behind it. */
export function fullVerb(
  head: CommandHead,
  line: Uint8Array,
): { readonly verb: string; readonly arguments: number | undefined } {
  if (head.verb !== 'UID' || head.arguments === undefined)
    return { verb: head.verb, arguments: head.arguments };
  const second = readAstring(line, head.arguments);
  if (second === undefined) return { verb: 'UID', arguments: undefined };
  const behind = line[second.end] === SPACE ? second.end + 1 : undefined;
  return { verb: `UID ${latin1(second.value).toUpperCase()}`, arguments: behind };
}

/** Reads the mailbox names of a command's first line. */
export function readMailboxArguments(head: CommandHead, line: Uint8Array): MailboxArguments {
  const { verb, arguments: start } = fullVerb(head, line);
  const place = Object.hasOwn(places, verb) ? places[verb] : undefined;
  if (place === undefined) return { kind: 'none' };
  const unreadable: MailboxArguments = { kind: 'unreadable' };
  if (start === undefined) return unreadable;
  let at: number | undefined = start;
  if (place.before === 'set') at = behindArgument(line, readAstring(line, start)?.end);
  if (place.before === 'options' && line[start] === OPEN_PARENTHESIS) {
    const optionsEnd = skipParenthesised(line, start);
    if (optionsEnd === undefined || !metadataOptions.test(latin1(line, start, optionsEnd))) return unreadable;
    at = behindArgument(line, optionsEnd);
  }
  const mailboxes: MailboxArgument[] = [];
  const end = endOfText(line);
  while (mailboxes.length < place.names) {
    if (at === undefined) return unreadable;
    if (line[at] === OPEN_BRACE || (line[at] === TILDE && line[at + 1] === OPEN_BRACE))
      return { kind: 'literal' };
    const name = readAstring(line, at);
    if (name === undefined || (name.end !== end && line[name.end] !== SPACE)) return unreadable;
    mailboxes.push({ start: at, end: name.end, value: name.value });
    at = behindArgument(line, name.end);
  }
  if (place.behind === 'nothing' && at !== undefined) return unreadable;
  if (place.behind === 'something' && (at === undefined || at >= end)) return unreadable;
  return { kind: 'named', mailboxes };
}

function behindArgument(line: Uint8Array, end: number | undefined): number | undefined {
  return end !== undefined && line[end] === SPACE ? end + 1 : undefined;
}

/** `value` as a quoted string (RFC 9051 §4.3); undefined where it holds what no quoted string may: CR, LF, NUL. */
export function quoted(value: Uint8Array): Uint8Array | undefined {
  const bytes: number[] = [0x22];
  for (const byte of value) {
    if (byte === 0 || byte === 0x0d || byte === 0x0a) return undefined;
    if (byte === 0x22 || byte === 0x5c) bytes.push(0x5c);
    bytes.push(byte);
  }
  bytes.push(0x22);
  return Uint8Array.from(bytes);
}
