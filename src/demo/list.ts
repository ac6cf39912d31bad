/**
 * LIST in its plain and its extended form (RFC 9051 §6.3.9, LIST-EXTENDED, LIST-STATUS, SPECIAL-USE), LSUB and
 * STATUS.
 */
import { decodeMailboxName } from '../imap-parser-lite/index.ts';
import { type Argument, astring, keyword, keywords, list } from './arguments.ts';
import { matchesPattern } from './pattern.ts';
import { findFolder, type Outcome, type Session, syntaxError, tagged, wireName } from './session.ts';
import type { Folder, Store } from './store.ts';

interface Selection {
  readonly subscribed: boolean;
  readonly specialUse: boolean;
  readonly recursive: boolean;
}

interface Returning {
  readonly subscribed: boolean;
  readonly status: readonly string[] | undefined;
}

const badList = syntaxError(
  'LIST takes a reference and a pattern, and the options of RFC 5258, 5819 and 6154',
);

/** Runs LIST. */
export function listFolders(session: Session, given: readonly Argument[]): Outcome {
  const extendedFirst = given[0]?.kind === 'list';
  const selection = extendedFirst ? readSelection(given[0]) : plainSelection;
  const [reference, wanted, returnWord, returnOptions, ...more] = extendedFirst ? given.slice(1) : given;
  const returning = returnWord === undefined ? plainReturning : readReturning(returnOptions);
  const patterns = readPatterns(reference, wanted);
  if (selection === undefined || returning === undefined || patterns === undefined || more.length > 0)
    return badList;
  if (returnWord !== undefined && keyword(returnWord) !== 'RETURN') return badList;

  if (wanted?.kind !== 'list' && astring(wanted)?.length === 0) {
    session.send('* LIST (\\Noselect) "/" ""');
    return tagged('OK LIST completed');
  }
  const { store } = session;
  for (const folder of store.folders) {
    if (!patterns.some((pattern) => matchesPattern(folder.name, pattern))) continue;
    const selectedBelow =
      selection.recursive && store.hasBelow(folder, (below) => isSelected(below, selection));
    if (!isSelected(folder, selection) && !selectedBelow) continue;
    const attributes = attributesOf(store, folder);
    if (folder.subscribed && (selection.subscribed || returning.subscribed)) attributes.push('\\Subscribed');
    const extended = selectedBelow ? ' ("CHILDINFO" ("SUBSCRIBED"))' : '';
    session.send(`* LIST (${attributes.join(' ')}) "/" ${wireName(folder)}${extended}`);
    if (returning.status) session.send(statusLine(folder, returning.status));
  }
  return tagged('OK LIST completed');
}

const plainSelection: Selection = { subscribed: false, specialUse: false, recursive: false };
const plainReturning: Returning = { subscribed: false, status: undefined };

function isSelected(folder: Folder, selection: Selection): boolean {
  if (selection.subscribed && !folder.subscribed) return false;
  return !selection.specialUse || folder.use !== undefined;
}

function attributesOf(store: Store, folder: Folder): string[] {
  const attributes = [store.hasBelow(folder, () => true) ? '\\HasChildren' : '\\HasNoChildren'];
  if (folder.use !== undefined) attributes.push(folder.use);
  return attributes;
}

function readSelection(argument: Argument | undefined): Selection | undefined {
  const words = keywords(argument);
  if (!words?.every((word) => ['SUBSCRIBED', 'REMOTE', 'RECURSIVEMATCH', 'SPECIAL-USE'].includes(word)))
    return undefined;
  const recursive = words.includes('RECURSIVEMATCH');
  const subscribed = words.includes('SUBSCRIBED');
  if (recursive && !subscribed) return undefined;
  return { subscribed, recursive, specialUse: words.includes('SPECIAL-USE') };
}

/** The options behind RETURN. CHILDREN and SPECIAL-USE change nothing: both are always told. */
function readReturning(argument: Argument | undefined): Returning | undefined {
  const options = list(argument);
  if (options === undefined) return undefined;
  let subscribed = false;
  let status: readonly string[] | undefined;
  for (let at = 0; at < options.length; at++) {
    switch (keyword(options[at])) {
      case 'CHILDREN':
      case 'SPECIAL-USE':
        break;
      case 'SUBSCRIBED':
        subscribed = true;
        break;
      case 'STATUS':
        at++;
        status = readStatusItems(options[at]);
        if (status === undefined) return undefined;
        break;
      default:
        return undefined;
    }
  }
  return { subscribed, status };
}

/** The patterns with the reference before each, decoded; one that is not valid modified UTF-7 matches nothing. */
function readPatterns(
  reference: Argument | undefined,
  wanted: Argument | undefined,
): readonly string[] | undefined {
  const before = astring(reference);
  const patterns = (list(wanted) ?? (wanted ? [wanted] : [])).map(astring);
  if (before === undefined || patterns.length === 0) return undefined;
  const read: string[] = [];
  for (const pattern of patterns) {
    if (pattern === undefined) return undefined;
    const decoded = decodeMailboxName(Buffer.concat([before, pattern]));
    if (decoded) read.push(Buffer.from(decoded).toString('utf8'));
  }
  return read;
}

/** Runs LSUB (RFC 3501 §6.3.9): a parent that only stands in the way to a subscribed child is `\Noselect` for `%`. */
export function listSubscribed(session: Session, given: readonly Argument[]): Outcome {
  const patterns = readPatterns(given[0], given[1]);
  if (given.length !== 2 || patterns === undefined || given[1]?.kind === 'list')
    return syntaxError('LSUB takes a reference and a pattern');
  if (astring(given[1])?.length === 0) {
    session.send('* LSUB (\\Noselect) "/" ""');
    return tagged('OK LSUB completed');
  }
  const { store } = session;
  for (const folder of store.folders) {
    const pattern = patterns.find((one) => matchesPattern(folder.name, one));
    if (pattern === undefined) continue;
    const onTheWay =
      pattern.endsWith('%') &&
      store.hasBelow(folder, (below) => below.subscribed && !matchesPattern(below.name, pattern));
    if (folder.subscribed) session.send(`* LSUB () "/" ${wireName(folder)}`);
    else if (onTheWay) session.send(`* LSUB (\\Noselect) "/" ${wireName(folder)}`);
  }
  return tagged('OK LSUB completed');
}

/** Runs STATUS. */
export function status(session: Session, given: readonly Argument[]): Outcome {
  const name = astring(given[0]);
  const items = readStatusItems(given[1]);
  if (name === undefined || items === undefined || given.length !== 2)
    return syntaxError('STATUS takes a mailbox and a list of MESSAGES, RECENT, UIDNEXT, UIDVALIDITY, UNSEEN');
  const folder = findFolder(session.store, name);
  if (folder === undefined) return tagged('NO [NONEXISTENT] There is no such mailbox');
  session.send(statusLine(folder, items));
  return tagged('OK STATUS completed');
}

const statusItems: Readonly<Record<string, (folder: Folder) => number>> = {
  MESSAGES: (folder) => folder.messages.length,
  RECENT: () => 0,
  UIDNEXT: (folder) => folder.nextUid,
  UIDVALIDITY: (folder) => folder.uidValidity,
  UNSEEN: (folder) => folder.messages.filter((message) => !message.flags.includes('\\Seen')).length,
};

function readStatusItems(argument: Argument | undefined): readonly string[] | undefined {
  const words = keywords(argument);
  return words && words.length > 0 && words.every((word) => Object.hasOwn(statusItems, word))
    ? words
    : undefined;
}

function statusLine(folder: Folder, items: readonly string[]): string {
  const values = items.map((item) => `${item} ${statusItems[item]?.(folder)}`);
  return `* STATUS ${wireName(folder)} (${values.join(' ')})`;
}
