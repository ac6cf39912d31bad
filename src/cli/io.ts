/** What a command may speak to; handed in, so that a command can be tried without a terminal. */
import type { Readable, Writable } from 'node:stream';

export interface Io {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/** Exit codes: 0 done; 1 it failed while running; 2 the call or the configuration is wrong. */
export type Command = (argv: readonly string[], io: Io) => Promise<number>;
