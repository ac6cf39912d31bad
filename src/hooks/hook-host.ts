/** The door of the hook room: what the rest of the product may ask of scripts. */
import type { Answer, DefinedHooks, Question } from '../rewrite/question.ts';
import type { HookError } from './error-book.ts';
import type { HttpSettings } from './library/http-request.ts';
import type { LogLevel } from './library/library.ts';

export type { HookError };

export interface HookSettings {
  /** Absolute path of the script; undefined: no script, and the host defines nothing and starts no thread. */
  readonly script: string | undefined;
  /** Milliseconds of wall-clock time that one call into the script may take. */
  readonly deadline: number;
  readonly onError: 'pass' | 'hide';
  /** What the script finds in `config`; nothing when left out. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Off when left out, or when no host is allowed. */
  readonly http?: HttpSettings;
}

/**
 * What happened in the room that an operator wants to read in the log. A call that failed is told the first time, and
 * then, while the same error goes on, once a minute with the number of times.
 */
export type HookEvent =
  | { readonly kind: 'printed'; readonly text: string; readonly level: LogLevel }
  | {
      readonly kind: 'failed';
      readonly session: string;
      readonly call: string;
      readonly message: string;
      /** What the first of them was called with, and how Lua got to the error; empty where nobody knows. */
      readonly arguments: string;
      readonly traceback: string;
      readonly count: number;
    }
  | {
      readonly kind: 'deadline-missed';
      readonly session: string;
      readonly call: string;
      readonly strikes: number /** What ran out: the deadline, or the memory one call may take. */;
      readonly limit: 'time' | 'memory';
    }
  /** A question was answered by the script: how many calls that took, how many of them failed, and seconds. */
  | {
      readonly kind: 'answered';
      readonly call: string;
      readonly calls: number;
      readonly failures: number;
      readonly seconds: number;
    }
  | { readonly kind: 'given-up'; readonly session: string }
  | { readonly kind: 'thread-ended'; readonly message: string };

/** One session's way to the script. It counts the deadlines that this session's calls missed. */
export interface HookSession {
  /** Never rejects: a call that failed is answered by `onError` (encryption: by the mode that was asked with). */
  ask(question: Question): Promise<Answer>;
  /** The session is over, and waits for no answer any more. */
  end?(): void;
}

export interface HookHost {
  readonly defines: DefinedHooks;
  /** Absolute paths of the script and of the modules that it has required. */
  readonly files: readonly string[];
  /** What went wrong in the script, each distinct error once, the latest first. */
  readonly errors: readonly HookError[];
  /**
   * Whether the script answers, where there is one. One that could not be opened again is tried once more by this
   * question, as by any other: a proxy that says it is not ready is asked nothing else.
   */
  isLoaded(): boolean;
  openSession(): HookSession;
  close(): Promise<void>;
}
