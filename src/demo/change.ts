/**
 * The commands that change what a folder holds: APPEND, STORE, COPY, EXPUNGE (RFC 9051 §6.3.12, §6.4). Folders
 * themselves cannot be made or removed here.
 */
import { latin1 } from '../imap-parser-lite/index.ts';
import { type Argument, astring, inSet, keyword, list, sequenceSet } from './arguments.ts';
import {
  findFolder,
  type Outcome,
  type SelectedSession,
  type Session,
  syntaxError,
  tagged,
} from './session.ts';
import { canonicalFlag } from './store.ts';

const noTarget = tagged('NO [TRYCREATE] There is no such mailbox');

/** Runs APPEND. */
export function append(session: Session, given: readonly Argument[]): Outcome {
  const refused = refuseAppend(session, given);
  if (refused) return refused;
  const folder = findFolder(session.store, astring(given[0])!);
  const options = given.slice(1, -1);
  const flags = options[0]?.kind === 'list' ? readFlags(options.shift()) : [];
  const dated = options.shift();
  const received = dated === undefined ? new Date() : readDateTime(dated);
  const message = given.at(-1);
  if (flags === undefined || received === undefined || options.length > 0 || message?.kind !== 'string')
    return syntaxError('APPEND takes a mailbox, flags and a date if wanted, and a literal');
  const added = folder!.append(message.bytes, flags, received);
  return tagged(`OK [APPENDUID ${folder!.uidValidity} ${added.uid}] APPEND completed`);
}

/** Why an APPEND with these first arguments cannot work, known before the message is sent; undefined: it may. */
export function refuseAppend(session: Session, given: readonly Argument[]): Outcome | undefined {
  const name = astring(given[0]);
  if (name === undefined) return syntaxError('APPEND takes a mailbox first');
  return findFolder(session.store, name) === undefined ? noTarget : undefined;
}

/** Flags as they are kept; `\Recent` and what is no flag at all make it undefined. */
function readFlags(argument: Argument | undefined): readonly string[] | undefined {
  const words = list(argument)?.map((item) =>
    item.kind === 'atom' ? canonicalFlag(latin1(item.bytes)) : undefined,
  );
  return words?.every((word) => word !== undefined) ? [...new Set(words)] : undefined;
}

function readDateTime(argument: Argument): Date | undefined {
  const text = argument.kind === 'string' ? latin1(argument.bytes) : '';
  const match = /^([ \d]\d)-([A-Z][a-z]{2})-(\d{4}) (\d\d:\d\d:\d\d) ([+-]\d{4})$/.exec(text);
  if (match === null) return undefined;
  const time = Date.parse(match.slice(1).join(' '));
  return Number.isNaN(time) ? undefined : new Date(time);
}

/** Runs STORE, or UID STORE where `by` is `uid`. */
export function store(session: SelectedSession, given: readonly Argument[], by: 'number' | 'uid'): Outcome {
  const set = sequenceSet(given[0]);
  const action = /^([+-]?)FLAGS(\.SILENT)?$/.exec(keyword(given[1]) ?? '');
  const flags = readFlags(given[2]?.kind === 'list' ? given[2] : { kind: 'list', items: given.slice(2) });
  if (set === undefined || action === null || flags === undefined || given.length < 3)
    return syntaxError('STORE takes a set of messages, FLAGS with + or - or .SILENT, and a list of flags');
  const view = session.selected;
  if (view.readOnly) return tagged('NO [READ-ONLY] The mailbox was opened by EXAMINE');
  for (const { number, message } of view.choose(set, by)) {
    const kept = message.flags.filter((flag) => action[1] !== '' && !flags.includes(flag));
    view.folder.setFlags(message, action[1] === '-' ? kept : [...kept, ...flags]);
    view.flagsTold(message);
    if (action[2] !== undefined) continue;
    const uid = by === 'uid' ? `UID ${message.uid} ` : '';
    session.send(`* ${number} FETCH (${uid}FLAGS (${message.flags.join(' ')}))`);
  }
  return tagged('OK STORE completed');
}

/** Runs COPY, or UID COPY where `by` is `uid`. */
export function copy(session: SelectedSession, given: readonly Argument[], by: 'number' | 'uid'): Outcome {
  const set = sequenceSet(given[0]);
  const name = astring(given[1]);
  if (set === undefined || name === undefined || given.length !== 2)
    return syntaxError('COPY takes a set of messages and a mailbox');
  const target = findFolder(session.store, name);
  if (target === undefined) return noTarget;
  const chosen = session.selected.choose(set, by);
  if (chosen.length === 0) return tagged('OK COPY completed, there was nothing to copy');
  const copies = chosen.map(({ message }) => target.append(message.bytes, message.flags, message.received));
  const from = chosen.map(({ message }) => message.uid).join(',');
  const to = copies.map((message) => message.uid).join(',');
  return tagged(`OK [COPYUID ${target.uidValidity} ${from} ${to}] COPY completed`);
}

/** Runs EXPUNGE, or UID EXPUNGE (RFC 4315) where `by` is `uid`. The EXPUNGE responses are sent with the next update. */
export function expunge(session: SelectedSession, given: readonly Argument[], by: 'number' | 'uid'): Outcome {
  const view = session.selected;
  const set = by === 'uid' ? sequenceSet(given[0]) : undefined;
  if (given.length !== (by === 'uid' ? 1 : 0) || (by === 'uid' && set === undefined))
    return syntaxError('EXPUNGE takes nothing, UID EXPUNGE a set of UIDs');
  if (view.readOnly) return tagged('NO [READ-ONLY] The mailbox was opened by EXAMINE');
  const largest = view.folder.messages.at(-1)?.uid ?? 0;
  view.folder.expunge((message) => set === undefined || inSet(set, message.uid, largest));
  return tagged('OK EXPUNGE completed');
}
