/**
 * What the commands of the demo mailbox share: the state of one connection, and the ways in which a command may
 * end. Nothing here knows sockets.
 */
import {
  canonicalName,
  decodeMailboxName,
  encodeMailboxName,
  isAstringByte,
} from '../imap-parser-lite/index.ts';
import type { Folder, Store } from './store.ts';
import type { View } from './view.ts';

export interface Session {
  readonly store: Store;
  loggedIn: boolean;
  selected: View | undefined;
  /** Sends one response; the pieces are joined, strings are latin1, CRLF is added. */
  readonly send: (...pieces: readonly (string | Uint8Array)[]) => void;
}

/** A session with a folder selected. */
export type SelectedSession = Session & { selected: View };

export type Outcome =
  /** The tagged response, without its tag. */
  | { readonly kind: 'tagged'; readonly text: string }
  /** `+ prompt`; the client's next line is no command but goes to `answer`. */
  | {
      readonly kind: 'challenge';
      readonly prompt: string;
      /** Whether changes of the selected folder are told until the answer comes. */
      readonly meanwhile: 'tell-changes' | 'keep-silent';
      readonly answer: (line: string) => Outcome;
    }
  /** As tagged, then the connection ends. */
  | { readonly kind: 'goodbye'; readonly text: string };

export function tagged(text: string): Outcome {
  return { kind: 'tagged', text };
}

/** BAD with what the command would have taken. */
export function syntaxError(sentence: string): Outcome {
  return tagged(`BAD ${sentence}`);
}

/** The folder that a name on the wire (unquoted) means; undefined where there is none. */
export function findFolder(store: Store, name: Uint8Array): Folder | undefined {
  const decoded = decodeMailboxName(name);
  return decoded && store.folder(Buffer.from(canonicalName(decoded)).toString('utf8'));
}

/** A folder's name as it stands in responses: modified UTF-7, quoted where it has to be. */
export function wireName(folder: Folder): string {
  const encoded = encodeMailboxName(Buffer.from(folder.name)) ?? new Uint8Array();
  const text = Buffer.from(encoded).toString('latin1');
  return encoded.every(isAstringByte) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** Every word is kept by the commands beside this file. */
const always = ['IMAP4rev1', 'LITERAL+', 'SASL-IR', 'ID', 'IDLE'];
const beforeLogin = ['AUTH=PLAIN'];
const afterLogin = [
  'NAMESPACE',
  'CHILDREN',
  'UNSELECT',
  'UIDPLUS',
  'SPECIAL-USE',
  'LIST-EXTENDED',
  'LIST-STATUS',
];

/** The capability list in the state that `session` is in. */
export function capabilities(session: Session): string {
  return [...always, ...(session.loggedIn ? afterLogin : beforeLogin)].join(' ');
}
