/**
 * A conversation as an operator may read it: who said what, line by line. It is told by the session what each
 * piece is, so that it never reads the wire a second time and cannot come to another opinion. The one thing that
 * always holds: a credential, a SASL message, a literal and what a message says are never in it, only their
 * length; what is not known to be harmless is taken for a credential, for people mistype LOGIN.
 */
import {
  BACKSLASH,
  endOfText,
  latin1,
  PLUS,
  QUOTE,
  type ResponseHead,
  readCommandHead,
  readResponseHead,
  type Segment,
  SPACE,
} from '../imap-parser-lite/index.ts';
import { identificationFields } from '../rewrite/identification.ts';
import * as limits from './limits.ts';

export type Speaker = 'client' | 'server' | 'proxy';

/** Hears each line: printable ASCII, of bounded length; other bytes are written `\xNN`. */
export type Tell = (from: Speaker, text: string) => void;

/** What the session takes a line of the client for. */
export type Meaning = 'command' | 'rest' | 'discard' | 'taking' | 'sasl' | 'done';

/** How much of a command or a response may be read. */
type Shown = 'all' | 'no-strings' | 'nothing';

export class Transcript {
  readonly #tell: Tell;
  readonly #client: Course = new Course();
  readonly #server: Course = new Course();
  /** Tags of commands before login that were shown, and so may be shown in their answers. */
  readonly #tags: Set<string> = new Set();
  /** The tag of the client's last command may be shown. */
  #tagShown = false;

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  /** A piece that the client sent, and what the session takes it for. */
  client(segment: Segment, meaning: Meaning, loggedIn: boolean): void {
    const said = this.#client.next(segment);
    if (said === undefined) return;
    if (said.kind === 'length') this.#tell('client', said.text);
    else this.#tell('client', this.#clientLine(said.line, said.first, meaning, loggedIn));
  }

  /** A piece that the server sent. */
  server(segment: Segment, loggedIn: boolean): void {
    const said = this.#server.next(segment);
    if (said === undefined) return;
    if (said.kind === 'length') this.#tell('server', said.text);
    else this.#tell('server', this.#serverLine(said.line, said.first, loggedIn));
  }

  /** A line of our own to the client (latin1, no line end). Of the client's words it repeats the tag at most. */
  proxy(line: string): void {
    const space = line.indexOf(' ');
    const ours = line.startsWith('* ') || line.startsWith('+ ');
    this.#tags.delete(line.slice(0, space));
    this.#tell('proxy', cut(ours || this.#tagShown ? line : `<tag>${line.slice(space)}`));
  }

  #clientLine(line: Uint8Array, first: boolean, meaning: Meaning, loggedIn: boolean): string {
    if (meaning === 'sasl') return `<SASL response, ${bytesOf(line, 0)}>`;
    if (meaning === 'done') return /^done$/i.test(textOf(line, 0)) ? 'DONE' : `<${bytesOf(line, 0)}>`;
    if (!first) return show(line, 0, this.#client.shown);
    const head = readCommandHead(line);
    const known = head !== undefined && (readable.has(head.verb) || secretive.has(head.verb));
    this.#client.shown = 'nothing';
    this.#tagShown = known || (head !== undefined && loggedIn);
    if (head === undefined) return `<not a command, ${bytesOf(line, 0)}>`;
    if (!this.#tagShown) return `<unknown command, ${bytesOf(line, 0)}>`;
    if (!loggedIn) this.#tags.add(head.tag);
    const start = `${head.tag} ${head.verb}`;
    if (head.arguments === undefined) return cut(start);
    this.#client.shown = shownOfCommand(head.verb, line, head.arguments, loggedIn);
    if (head.verb === 'AUTHENTICATE') return cut(`${start} ${mechanismAndRest(line, head.arguments)}`);
    return cut(`${start} ${show(line, head.arguments, this.#client.shown)}`);
  }

  #serverLine(line: Uint8Array, first: boolean, loggedIn: boolean): string {
    if (!first) return show(line, 0, this.#server.shown);
    this.#server.shown = 'nothing';
    // Challenges, and whatever a server says that forgets the space.
    if (line[0] === PLUS) return `+ <${bytesOf(line, line[1] === SPACE ? 2 : 1)}>`;
    const head = readResponseHead(line);
    const tag = this.#tagOf(head, loggedIn);
    if (tag === undefined || !('text' in head)) return `<not a response, ${bytesOf(line, 0)}>`;
    const start = `${tag} ${head.word}`;
    // Some servers repeat what they did not understand, and before login that may be a password.
    if (head.word === 'BAD' && !loggedIn) return cut(`${start} ${codeAndRest(line, head.text)}`);
    this.#server.shown = shownOfResponse(head, line);
    if (head.text >= endOfText(line)) return cut(start);
    return cut(`${start} ${show(line, head.text, this.#server.shown)}`);
  }

  /** The tag as it may be shown; undefined where the line is no response that a server gives. */
  #tagOf(head: ResponseHead, loggedIn: boolean): string | undefined {
    if (head.kind === 'untagged') return '*';
    if (head.kind !== 'tagged' || !/^(OK|NO|BAD)$/.test(head.word)) return undefined;
    const shown = this.#tags.delete(head.tag) || loggedIn || /^imapveil\d+$/.test(head.tag);
    return shown ? head.tag : '<tag>';
  }
}

type Said =
  | { readonly kind: 'length'; readonly text: string }
  | { readonly kind: 'line'; readonly line: Uint8Array; readonly first: boolean };

/** One side's pieces, put together as far as their lengths: a literal in a thousand pieces is one line of log. */
class Course {
  shown: Shown = 'nothing';
  #literal = 0;
  #inLine = false;

  next(segment: Segment): Said | undefined {
    if (segment.kind === 'fault') return undefined;
    if (segment.kind === 'literal') {
      this.#literal += segment.bytes.length;
      if (!segment.complete) return undefined;
      const text = `<literal, ${this.#literal} bytes>`;
      this.#literal = 0;
      return { kind: 'length', text };
    }
    const goesOn = this.#inLine;
    this.#inLine = !segment.complete;
    if (goesOn) return { kind: 'length', text: `<the line goes on, ${bytesOf(segment.bytes, 0)}>` };
    return { kind: 'line', line: segment.bytes, first: segment.first };
  }
}

/** Commands after login whose arguments are names, numbers and flags. */
const readable: ReadonlySet<string> = new Set(
  (
    'APPEND CHECK CLOSE COPY CREATE DELETE DELETEACL ENABLE EXAMINE EXPUNGE FETCH GETACL GETQUOTA GETQUOTAROOT ' +
    'GETMETADATA ID IDLE LIST LISTRIGHTS LSUB MOVE MYRIGHTS NAMESPACE NOTIFY RENAME REPLACE SEARCH SELECT SETACL SETQUOTA ' +
    'SORT STATUS STORE SUBSCRIBE THREAD UID UNSELECT UNSUBSCRIBE XLIST ESEARCH CAPABILITY NOOP LOGOUT STARTTLS ' +
    'UNAUTHENTICATE'
  ).split(' '),
);

/** Known commands whose arguments are never shown: secrets, tokens, notes. */
const secretive: ReadonlySet<string> = new Set([
  'LOGIN',
  'AUTHENTICATE',
  'GENURLAUTH',
  'RESETKEY',
  'SETMETADATA',
  'URLFETCH',
]);

/** Commands without arguments: what follows them was meant for something else. */
const bare: ReadonlySet<string> = new Set(['CAPABILITY', 'NOOP', 'LOGOUT', 'STARTTLS', 'UNAUTHENTICATE']);

const mechanisms: ReadonlySet<string> = new Set(
  (
    'PLAIN LOGIN ANONYMOUS EXTERNAL CRAM-MD5 DIGEST-MD5 NTLM GSSAPI GSS-SPNEGO XOAUTH2 OAUTHBEARER SCRAM-SHA-1 ' +
    'SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-256-PLUS SCRAM-SHA-512 SCRAM-SHA-512-PLUS'
  ).split(' '),
);

function shownOfCommand(verb: string, line: Uint8Array, at: number, loggedIn: boolean): Shown {
  if (!readable.has(verb) || bare.has(verb)) return 'nothing';
  if (loggedIn) return 'all';
  return verb === 'ID' && identificationFields(line, at) !== undefined ? 'all' : 'nothing';
}

/** Untagged data whose strings are names and the like. In all others a string may be part of a message. */
const plainData: ReadonlySet<string> = new Set(
  (
    'OK NO BAD BYE PREAUTH CAPABILITY ENABLED LIST LSUB XLIST STATUS FLAGS SEARCH ESEARCH SORT THREAD NAMESPACE ' +
    'QUOTA QUOTAROOT ACL LISTRIGHTS MYRIGHTS VANISHED ID'
  ).split(' '),
);

function shownOfResponse(head: ResponseHead, line: Uint8Array): Shown {
  if (head.kind === 'tagged') return 'all';
  if (head.kind !== 'untagged') return 'nothing';
  if (/^\d+$/.test(head.word)) return /^FETCH/i.test(textOf(line, head.text)) ? 'no-strings' : 'all';
  if (head.word === 'URLFETCH' || head.word === 'GENURLAUTH') return 'nothing';
  return plainData.has(head.word) ? 'all' : 'no-strings';
}

/** A line from `at` on, as far as it may be read. URLs that carry their own permission are credentials (RFC 4467). */
function show(line: Uint8Array, at: number, shown: Shown): string {
  if (shown === 'nothing') return `<${bytesOf(line, at)}>${literalMark(line)}`;
  if (/;urlauth=/i.test(latin1(line, at))) return `<${bytesOf(line, at)}>`;
  return cut(shown === 'all' ? textOf(line, at) : withoutStrings(line, at));
}

/** The literal mark at a line's end: a number and nothing else. */
function literalMark(line: Uint8Array): string {
  const mark = /(?:^| )~?\{\d{1,15}\+?\}$/.exec(latin1(line, Math.max(0, line.length - 24)).trimEnd());
  return mark === null ? '' : ` ${mark[0].trim()}`;
}

/** AUTHENTICATE's arguments: the mechanism where it is one that exists, the length of the rest. */
function mechanismAndRest(line: Uint8Array, at: number): string {
  const [mechanism = ''] = textOf(line, at).split(' ', 1);
  if (!mechanisms.has(mechanism.toUpperCase())) return `<${bytesOf(line, at)}>`;
  const rest = at + mechanism.length + 1;
  return rest >= endOfText(line) ? mechanism : `${mechanism} <${bytesOf(line, rest)}>`;
}

/** The name of a status response's code, where it has one, and the length of the text. */
function codeAndRest(line: Uint8Array, at: number): string {
  const code = /^\[[A-Z-]{1,40}\]/i.exec(textOf(line, at))?.[0] ?? '';
  return `${code === '' ? '' : `${code} `}<${bytesOf(line, at + code.length)}>`;
}

/** Quoted strings by their length. One without an end reaches to the end of what is looked at. */
function withoutStrings(line: Uint8Array, at: number): string {
  const end = Math.min(endOfText(line), at + limits.transcriptLooked);
  let text = '';
  for (let next = at; next < end; next++) {
    if (line[next] !== QUOTE) {
      text += String.fromCharCode(line[next]!);
      continue;
    }
    const start = next + 1;
    for (next = start; next < end && line[next] !== QUOTE; next++) if (line[next] === BACKSLASH) next++;
    text += `"<${Math.min(next, end) - start} bytes>"`;
  }
  return end < endOfText(line) ? `${text}...` : text;
}

/** The text of a line from `at`, no more than is looked at. */
function textOf(line: Uint8Array, at: number): string {
  return latin1(line, at, Math.min(endOfText(line), at + limits.transcriptLooked));
}

function bytesOf(line: Uint8Array, at: number): string {
  return `${Math.max(0, endOfText(line) - at)} bytes`;
}

/** Printable ASCII of bounded length. */
function cut(text: string): string {
  const printable = text.slice(0, limits.transcriptLine).replace(/[^\x20-\x7e]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return text.length > limits.transcriptLine ? `${printable}...` : printable;
}
