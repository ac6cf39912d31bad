/**
 * What the host and the script's thread say to each other; how questions and answers are written is in wire.ts. A
 * batch of folders crosses as one block of bytes with its lengths, moved and not copied; what the script left alone
 * does not cross back at all (L5b).
 */

import type { Answer, DefinedHooks, Question } from '../rewrite/question.ts';
import type { HttpSettings } from './library/http-request.ts';
import type { LogLevel } from './library/library.ts';

/** What a thread is started with. The source is the host's, so that a new thread runs what the old one ran. */
export interface ThreadStart {
  readonly clock: SharedArrayBuffer;
  /** The script's file name, for messages: `imap4.lua`. */
  readonly name: string;
  /** The absolute path of the folder from which modules may be required. */
  readonly folder: string;
  readonly source: Uint8Array;
  /** `hooks.settings` of proxy.yaml. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Undefined: the script may use no HTTP. */
  readonly http: HttpSettings | undefined;
  /** Modules that an earlier thread has read, by name. */
  readonly modules: ReadonlyMap<string, Uint8Array>;
}

export interface ToThread {
  readonly id: number;
  /** Its folders, where there are some, are a copy that is moved to the thread. */
  readonly question: Question;
  /** Calls that are not to be made again, by their index. */
  readonly skip: readonly number[];
}

/** Calls of one question that failed in the same way: the message, what the first was called with, and how Lua got there. */
export interface Failure {
  /** The same for all of them, and for those of other questions that failed there. */
  readonly place: string;
  readonly message: string;
  readonly arguments: string;
  readonly traceback: string;
  readonly count: number;
}

/** One entry of `lengths` in a list answer that is no fate: the call failed. */
export const FAILED = -3;

export interface ThreadAnswer {
  readonly id: number;
  /** Undefined: its call failed. In a list some marks may be FAILED. */
  readonly answer: Answer | undefined;
  readonly failures: readonly Failure[];
  /** How many calls failed, those included that `failures` has no room for. */
  readonly failed: number;
  /** Milliseconds from the question to the answer in the thread, waiting included. */
  readonly took: number;
}

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
  | { readonly kind: 'printed'; readonly text: string; readonly level: LogLevel }
  /** The thread ends itself, between two calls. */
  | { readonly kind: 'leaving'; readonly message: string };
