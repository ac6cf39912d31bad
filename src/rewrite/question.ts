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
    };

export type Answer =
  | { readonly kind: 'encryption'; readonly mode: EncryptionMode }
  /** What the script returned (latin1, any spacing), already checked: no CR, LF or NUL. */
  | { readonly kind: 'capability'; readonly capabilities: string }
  | { readonly kind: 'list'; readonly fates: FolderFates };
