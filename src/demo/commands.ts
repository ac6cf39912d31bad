/**
 * The table of commands: what each is called, in which state it may be given (RFC 9051 §3), and what runs it.
 * A command that is not in the table is refused, never ignored.
 */
import { type Argument, astring, keyword } from './arguments.ts';
import { append, copy, expunge, store } from './change.ts';
import { fetch } from './fetch.ts';
import { listFolders, listSubscribed, status } from './list.ts';
import { authenticate, login } from './login.ts';
import { search } from './search.ts';
import {
  capabilities,
  findFolder,
  type Outcome,
  type SelectedSession,
  type Session,
  syntaxError,
  tagged,
} from './session.ts';
import { View } from './view.ts';

type Command =
  | { readonly state: 'any' | 'before-login' | 'logged-in'; readonly run: Run<Session> }
  | { readonly state: 'selected'; readonly run: Run<SelectedSession> };

type Run<State> = (session: State, given: readonly Argument[]) => Outcome;
type ByNumberOrUid = (session: SelectedSession, given: readonly Argument[], by: 'number' | 'uid') => Outcome;

const commands: Readonly<Record<string, Command>> = {
  CAPABILITY: { state: 'any', run: alone('CAPABILITY', capability) },
  NOOP: { state: 'any', run: alone('NOOP', () => tagged('OK NOOP completed')) },
  ID: { state: 'any', run: id },
  LOGOUT: { state: 'any', run: alone('LOGOUT', logout) },

  LOGIN: { state: 'before-login', run: login },
  AUTHENTICATE: { state: 'before-login', run: authenticate },

  NAMESPACE: { state: 'logged-in', run: alone('NAMESPACE', namespace) },
  LIST: { state: 'logged-in', run: listFolders },
  LSUB: { state: 'logged-in', run: listSubscribed },
  STATUS: { state: 'logged-in', run: status },
  SELECT: { state: 'logged-in', run: (session, given) => open(session, given, 'read-write') },
  EXAMINE: { state: 'logged-in', run: (session, given) => open(session, given, 'read-only') },
  APPEND: { state: 'logged-in', run: append },
  IDLE: { state: 'logged-in', run: alone('IDLE', idle) },

  CHECK: { state: 'selected', run: alone('CHECK', () => tagged('OK CHECK completed')) },
  CLOSE: { state: 'selected', run: alone('CLOSE', close) },
  UNSELECT: { state: 'selected', run: alone('UNSELECT', (session) => unselect(session, 'UNSELECT')) },
  FETCH: { state: 'selected', run: (session, given) => fetch(session, given, 'number') },
  STORE: { state: 'selected', run: (session, given) => store(session, given, 'number') },
  SEARCH: { state: 'selected', run: (session, given) => search(session, given, 'number') },
  COPY: { state: 'selected', run: (session, given) => copy(session, given, 'number') },
  EXPUNGE: { state: 'selected', run: (session, given) => expunge(session, given, 'number') },
  UID: { state: 'selected', run: uid },
};

const withUid: Readonly<Record<string, ByNumberOrUid>> = {
  FETCH: fetch,
  STORE: store,
  SEARCH: search,
  COPY: copy,
  EXPUNGE: expunge,
};

/** Runs the command called `verb` (capitals), or says why it cannot be run now. */
export function runCommand(session: Session, verb: string, given: readonly Argument[]): Outcome {
  const refused = refuse(session, verb);
  if (refused) return refused;
  const command = commands[verb]!;
  return command.state === 'selected'
    ? command.run(session as SelectedSession, given)
    : command.run(session, given);
}

/** Why the command called `verb` (capitals) cannot be run in this state, whatever its arguments; undefined: it can. */
export function refuse(session: Session, verb: string): Outcome | undefined {
  const command = Object.hasOwn(commands, verb) ? commands[verb] : undefined;
  if (command === undefined) return syntaxError('The demo mailbox does not know this command');
  switch (command.state) {
    case 'any':
      return undefined;
    case 'before-login':
      return session.loggedIn ? syntaxError('You are logged in already') : undefined;
    case 'logged-in':
      return session.loggedIn ? undefined : syntaxError('Log in first');
    case 'selected':
      return session.selected ? undefined : syntaxError('Select a mailbox first');
  }
}

/** For a command that takes no arguments. */
function alone<State>(verb: string, run: (session: State) => Outcome): Run<State> {
  return (session, given) => (given.length === 0 ? run(session) : syntaxError(`${verb} takes no arguments`));
}

function capability(session: Session): Outcome {
  session.send(`* CAPABILITY ${capabilities(session)}`);
  return tagged('OK CAPABILITY completed');
}

function id(session: Session, given: readonly Argument[]): Outcome {
  if (given.length !== 1) return syntaxError('ID takes NIL or a list');
  session.send('* ID ("name" "imapveil demo mailbox")');
  return tagged('OK ID completed');
}

function logout(session: Session): Outcome {
  session.send('* BYE The demo mailbox says goodbye');
  return { kind: 'goodbye', text: 'OK LOGOUT completed' };
}

function namespace(session: Session): Outcome {
  session.send('* NAMESPACE (("" "/")) NIL NIL');
  return tagged('OK NAMESPACE completed');
}

function open(session: Session, given: readonly Argument[], access: 'read-only' | 'read-write'): Outcome {
  const name = astring(given[0]);
  if (name === undefined || given.length !== 1) return syntaxError('SELECT and EXAMINE take a mailbox');
  session.selected = undefined;
  const folder = findFolder(session.store, name);
  if (folder === undefined) return tagged('NO [NONEXISTENT] There is no such mailbox');
  session.selected = new View(folder, access);
  const firstUnseen = folder.messages.findIndex((message) => !message.flags.includes('\\Seen'));
  session.send('* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)');
  session.send(`* ${folder.messages.length} EXISTS`);
  session.send('* 0 RECENT');
  if (firstUnseen >= 0) session.send(`* OK [UNSEEN ${firstUnseen + 1}] First message not seen`);
  session.send(
    access === 'read-only'
      ? '* OK [PERMANENTFLAGS ()] Read-only'
      : '* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] Kept until the server stops',
  );
  session.send(`* OK [UIDVALIDITY ${folder.uidValidity}] UIDs are valid until the server stops`);
  session.send(`* OK [UIDNEXT ${folder.nextUid}] Next UID`);
  return tagged(access === 'read-only' ? 'OK [READ-ONLY] Examined' : 'OK [READ-WRITE] Selected');
}

/** IDLE (RFC 2177): from `+` to DONE, changes of the selected folder are told as they happen. */
function idle(): Outcome {
  return {
    kind: 'challenge',
    prompt: 'idling',
    meanwhile: 'tell-changes',
    answer: (line) =>
      line.toUpperCase() === 'DONE' ? tagged('OK IDLE completed') : syntaxError('IDLE ends with DONE'),
  };
}

function close(session: SelectedSession): Outcome {
  if (!session.selected.readOnly) session.selected.folder.expunge(() => true);
  return unselect(session, 'CLOSE');
}

function unselect(session: Session, verb: 'CLOSE' | 'UNSELECT'): Outcome {
  session.selected = undefined;
  return tagged(`OK ${verb} completed`);
}

function uid(session: SelectedSession, given: readonly Argument[]): Outcome {
  const verb = keyword(given[0]) ?? '';
  const run = Object.hasOwn(withUid, verb) ? withUid[verb] : undefined;
  if (run === undefined) return syntaxError('UID goes before FETCH, STORE, SEARCH, COPY or EXPUNGE');
  return run(session, given.slice(1), 'uid');
}
