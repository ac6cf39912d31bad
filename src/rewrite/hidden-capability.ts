/**
 * What it means that a script took a capability away, where that is enforced: which commands, and which forms of
 * commands, a server without the capability would not know (P9).
 */
import { replaceStrings } from '../imap-parser-lite/index.ts';

/** What IMAP4rev2 has without saying so (RFC 9051 appendix E): it goes when IMAP4rev2 goes, unless it is listed itself. */
const impliedByRev2 = [
  ...[
    'NAMESPACE',
    'UNSELECT',
    'UIDPLUS',
    'ESEARCH',
    'SEARCHRES',
    'ENABLE',
    'IDLE',
    'SASL-IR',
    'LIST-EXTENDED',
  ],
  ...['LIST-STATUS', 'MOVE', 'LITERAL-', 'BINARY', 'SPECIAL-USE', 'STATUS=SIZE', 'STATUS=DELETED'],
];

/** Commands that a capability brings, with the verb behind UID. */
const commands: Readonly<Record<string, readonly string[]>> = {
  IDLE: ['IDLE'],
  ENABLE: ['ENABLE'],
  NAMESPACE: ['NAMESPACE'],
  ID: ['ID'],
  UNSELECT: ['UNSELECT'],
  MOVE: ['MOVE', 'UID MOVE'],
  UIDPLUS: ['UID EXPUNGE'],
  QUOTA: ['GETQUOTA', 'GETQUOTAROOT', 'SETQUOTA'],
  ACL: ['SETACL', 'DELETEACL', 'GETACL', 'LISTRIGHTS', 'MYRIGHTS'],
  METADATA: ['GETMETADATA', 'SETMETADATA'],
  SORT: ['SORT', 'UID SORT'],
  NOTIFY: ['NOTIFY'],
  MULTISEARCH: ['ESEARCH'],
  REPLACE: ['REPLACE', 'UID REPLACE'],
  UNAUTHENTICATE: ['UNAUTHENTICATE'],
  LANGUAGE: ['LANGUAGE'],
  XLIST: ['XLIST'],
  URLAUTH: ['GENURLAUTH', 'RESETKEY', 'URLFETCH'],
  CONVERT: ['CONVERT', 'UID CONVERT', 'CONVERSIONS'],
  STARTTLS: ['STARTTLS'],
};

/** REPLACE has the arguments of APPEND (RFC 8508 §4.2). */
const storing = /^(APPEND|(UID )?REPLACE)$/;

/**
 * Forms of other commands that a capability brings; `form` is matched against the arguments, made plain, in time in
 * proportion to them (A6): what could begin at many places is looked for from the first one on.
 */
const forms: readonly { readonly capability: string; readonly verbs: RegExp; readonly form: RegExp }[] = [
  { capability: 'ESEARCH', verbs: /^(UID )?SEARCH$/, form: /^RETURN\b/i },
  { capability: 'LIST-EXTENDED', verbs: /^LIST$/, form: /^\(| \(|\bRETURN\b/i },
  { capability: 'LIST-STATUS', verbs: /^LIST$/, form: /^(?:(?!\bRETURN \().)*\bRETURN \(.*STATUS ?\(/i },
  { capability: 'CONDSTORE', verbs: /^(SELECT|EXAMINE)$/, form: /^[^(]*\(.*\bCONDSTORE\b/i },
  { capability: 'CONDSTORE', verbs: /^(STATUS|LIST)$/, form: /\bHIGHESTMODSEQ\b/i },
  {
    capability: 'CONDSTORE',
    verbs: /^(UID )?(FETCH|STORE|SEARCH|SORT|THREAD)$/,
    form: /\b(MODSEQ|CHANGEDSINCE|UNCHANGEDSINCE)\b/i,
  },
  { capability: 'QRESYNC', verbs: /^(SELECT|EXAMINE)$/, form: /^[^(]*\(.*\bQRESYNC\b/i },
  { capability: 'BINARY', verbs: /^(UID )?FETCH$/, form: /\bBINARY(\.|\[)/i },
  { capability: 'BINARY', verbs: storing, form: /~\{/ },
  { capability: 'CATENATE', verbs: storing, form: /\bCATENATE ?\(/i },
];

/** Whether a command (with the verb behind UID, upper case) takes a message, in all the forms that APPEND knows. */
export function storesMessages(verb: string): boolean {
  return storing.test(verb);
}

/** The capabilities (upper case) that the server has and that the client was not shown. */
export function hiddenCapabilities(asked: readonly string[], returned: readonly string[]): Set<string> {
  const before = withImplied(asked);
  const after = withImplied(returned);
  const hidden = new Set([...before].filter((word) => !after.has(word)));
  const shown = new Set(returned.map((word) => word.toUpperCase()));
  for (const word of asked) if (!shown.has(word.toUpperCase())) hidden.add(word.toUpperCase());
  return hidden;
}

function withImplied(words: readonly string[]): Set<string> {
  const all = new Set(words.map((word) => word.toUpperCase()));
  if (all.has('IMAP4REV2')) for (const word of impliedByRev2) all.add(word);
  return all;
}

/** Whether a capability can be what this command, with these arguments (latin1), is there for. */
export function dependsOnCapability(verb: string, text: string): boolean {
  return (
    verb === 'AUTHENTICATE' ||
    /^(UID )?THREAD$/.test(verb) ||
    Object.values(commands).some((verbs) => verbs.includes(verb)) ||
    forms.some(({ verbs, form }) => verbs.test(verb) && form.test(plain(text)))
  );
}

/** Whether a command (with the verb behind UID, upper case) has forms that a capability brings. */
export function hasForms(verb: string): boolean {
  return forms.some(({ verbs }) => verbs.test(verb));
}

/**
 * The answer of a server without the hidden capabilities to a command, without its tag; undefined where it would
 * take it. `text` is the arguments (latin1) in its first line.
 */
export function refusedWithout(hidden: ReadonlySet<string>, verb: string, text: string): string | undefined {
  for (const capability of hidden) if (commands[capability]?.includes(verb)) return 'BAD Unknown command';
  if (verb === 'AUTHENTICATE') return refusedMechanism(hidden, text);
  if (/^(UID )?THREAD$/.test(verb) && hidesAlgorithm(hidden, plain(text)))
    return 'BAD Unknown thread algorithm';
  return hasHiddenForm(hidden, verb, text) ? 'BAD Unknown arguments' : undefined;
}

/** Whether `text` (latin1) of any line of a command is in a form that a hidden capability brings. */
export function hasHiddenForm(hidden: ReadonlySet<string>, verb: string, text: string): boolean {
  const bare = plain(text);
  return forms.some(
    ({ capability, verbs, form }) => hidden.has(capability) && verbs.test(verb) && form.test(bare),
  );
}

/** Whether the algorithm of THREAD is hidden, or may be: Dovecot takes it as a literal too, of which nothing is known here. */
function hidesAlgorithm(hidden: ReadonlySet<string>, text: string): boolean {
  const [algorithm = ''] = text.split(' ');
  const mayBeAny = /^~?\{/.test(algorithm) && [...hidden].some((word) => word.startsWith('THREAD='));
  return mayBeAny || hidden.has(`THREAD=${algorithm.toUpperCase()}`);
}

/** Arguments as a lenient server reads them: spaces count once, words may be quoted, other strings say nothing. */
function plain(text: string): string {
  return replaceStrings(text, (content) => (/^[A-Za-z0-9=-]*$/.test(content) ? content : '""'))
    .replace(/ +/g, ' ')
    .replace(/\( /g, '(')
    .trim();
}

function refusedMechanism(hidden: ReadonlySet<string>, text: string): string | undefined {
  const [mechanism = '', initialResponse] = plain(text).split(' ');
  if (hidden.has(`AUTH=${mechanism.toUpperCase()}`)) return 'NO Unsupported authentication mechanism';
  return hidden.has('SASL-IR') && initialResponse !== undefined
    ? 'BAD Unexpected initial response'
    : undefined;
}

/**
 * The arguments of ENABLE with each hidden capability replaced by a word that no server knows, and therefore
 * ignores (RFC 5161 §3.1); undefined where none is hidden.
 */
export function enableWithout(hidden: ReadonlySet<string>, text: string): string | undefined {
  const words = text.split(' ');
  if (!words.some((word) => hidden.has(word.toUpperCase()))) return undefined;
  return words.map((word) => (hidden.has(word.toUpperCase()) ? 'X-NOT-HERE' : word)).join(' ');
}
