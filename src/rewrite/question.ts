/**
 * What the conversation asks a script, and what it gets back: the only vocabulary that the pure rooms and
 * the hook host share. Bytes stay bytes in both directions; nothing here knows Lua, threads or sockets.
 */

import type { FolderFates, Folders } from './folders.ts';

/** 0: plain until STARTTLS. 1: TLS from the first byte. 3: STARTTLS required. The numbers are VPOP3's. */
export type EncryptionMode = 0 | 1 | 3;

/** How mailbox names stand on the wire: modified UTF-7 until ENABLE of UTF8=ACCEPT or IMAP4rev2 (RFC 9051 §5.1). */
export type NameEncoding = 'modified-utf7' | 'utf8';

/** The `context` table that every script function is given. */
export interface HookContext {
  readonly session: string;
  readonly client: string;
  readonly server: string;
  readonly serverport: number;
  readonly tls: boolean;
  readonly user: string | undefined;
  readonly command: 'LIST' | 'LSUB' | 'XLIST' | undefined;
}

/** Which of the script's functions a question calls. */
export type HookKind = Question['kind'];

/** Which functions the script defines. */
export type DefinedHooks = { readonly [Kind in HookKind]: boolean };

/** What no script, and an empty one, defines. */
export const noHooks: DefinedHooks = {
  encryption: false,
  capability: false,
  list: false,
  login: false,
  greeting: false,
  id: false,
  command: false,
};

/** One field of an ID command (RFC 2971 §3.3), UTF-8 text; null is NIL. */
export type IdField = readonly [name: string, value: string | null];

export type Question =
  | { readonly kind: 'encryption'; readonly mode: EncryptionMode; readonly context: HookContext }
  | {
      readonly kind: 'capability';
      /** Each byte one UTF-16 unit (latin1); single spaces between words and one at each end. */
      readonly capabilities: string;
      readonly context: HookContext;
    }
  | {
      readonly kind: 'list';
      /** Never the answer to `LIST "" ""`. */
      readonly folders: Folders;
      readonly names: NameEncoding;
      readonly context: HookContext;
    }
  /** May this user log in? Asked when the name is known and before any credential has gone to the server. */
  | {
      readonly kind: 'login';
      /** Whose session it would be. */
      readonly user: string;
      /** Whose password it is, which no script is told; left out: the user's. */
      readonly passwordOf?: string;
      readonly context: HookContext;
    }
  /** The text of the server's greeting, behind `* OK ` and its response code; latin1. */
  | { readonly kind: 'greeting'; readonly text: string; readonly context: HookContext }
  /** What the client says of itself; empty for `ID NIL`. */
  | { readonly kind: 'id'; readonly fields: readonly IdField[]; readonly context: HookContext }
  /** May this command pass? `verb` in upper case; `arguments` is the rest of its first line, latin1, without CRLF. */
  | {
      readonly kind: 'command';
      readonly verb: string;
      readonly arguments: string;
      readonly context: HookContext;
    };

export type Answer =
  | { readonly kind: 'encryption'; readonly mode: EncryptionMode }
  /** What the script returned (latin1, any spacing), already checked: no CR, LF or NUL. */
  | { readonly kind: 'capability'; readonly capabilities: string }
  | { readonly kind: 'list'; readonly fates: FolderFates }
  /**
   * A refusal; `message` is text for the client (latin1, no CR, LF or NUL), undefined: a default. `by` is what refuses a
   * login where it is not the script: the count of failed logins from this address, or of this user.
   */
  | {
      readonly kind: 'login' | 'command';
      readonly allow: boolean;
      readonly message: string | undefined;
      readonly by?: 'address' | 'user';
    }
  /** Already checked: latin1, no CR, LF or NUL. */
  | { readonly kind: 'greeting'; readonly text: string }
  | { readonly kind: 'id'; readonly fields: readonly IdField[] };

/** Whether `hooks.commands` (upper case) has a word for the command: `UID` and `EXPUNGE` stand for `UID EXPUNGE` too. */
export function isListedCommand(commands: readonly string[], verb: string): boolean {
  return commands.some((word) => verb === word || verb.split(' ').includes(word));
}
