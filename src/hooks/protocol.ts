/**
 * What the host and the script's thread say to each other. A batch of folders crosses as one block of bytes
 * with its lengths, moved and not copied; what the script left alone does not cross back at all (L5b).
 */
import type { FolderFates, Folders } from '../rewrite/folders.ts';
import type { DefinedHooks, EncryptionMode, HookContext, NameEncoding } from '../rewrite/question.ts';

/** What a thread is started with. The source is the host's, so that a new thread runs what the old one ran. */
export interface ThreadStart {
  readonly clock: SharedArrayBuffer;
  /** The script's file name, for messages: `imap4.lua`. */
  readonly name: string;
  /** The absolute path of the folder from which modules may be required. */
  readonly folder: string;
  readonly source: Uint8Array;
  /** Modules that an earlier thread has read, by name. */
  readonly modules: ReadonlyMap<string, Uint8Array>;
}

export type ToThread = { readonly id: number; readonly context: HookContext } & (
  | { readonly kind: 'encryption'; readonly mode: EncryptionMode }
  | { readonly kind: 'capability'; readonly capabilities: string }
  | {
      readonly kind: 'list';
      readonly folders: Folders;
      readonly names: NameEncoding;
      /** Responses that are not to be asked about again. */
      readonly skip: readonly number[];
    }
);

/** The calls of one question that failed: the first message, and how many there were. */
export interface Failure {
  readonly message: string;
  readonly count: number;
}

/** One entry of `lengths` in a list answer that is no fate: the call failed. */
export const FAILED = -3;

export type ThreadAnswer = { readonly id: number; readonly failure: Failure | undefined } & (
  | { readonly kind: 'encryption'; readonly mode: EncryptionMode | undefined }
  | { readonly kind: 'capability'; readonly capabilities: string | undefined }
  | ({ readonly kind: 'list' } & FolderFates)
);

export type FromThread =
  | {
      readonly kind: 'ready';
      readonly defines: DefinedHooks;
      readonly modules: ReadonlyMap<string, Uint8Array>;
    }
  | {
      readonly kind: 'fault';
      readonly message: string;
      /** Those that were read before it failed. */
      readonly modules: ReadonlyMap<string, Uint8Array>;
    }
  | { readonly kind: 'answer'; readonly answer: ThreadAnswer }
  | { readonly kind: 'printed'; readonly text: string }
  /** The thread ends itself, between two calls. */
  | { readonly kind: 'leaving'; readonly message: string };
