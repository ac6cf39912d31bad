/**
 * What the client's next bytes are, and what they wait for: the two questions that every way of fooling a proxy
 * turns on, each with a closed list of answers.
 */
import type { TakenLiteral } from './taken-literal.ts';

/** What the client's next bytes are, when they are read. */
export type Reading =
  | { readonly kind: 'command' }
  /** Lines and literals of the command that is going up. */
  | { readonly kind: 'rest' }
  /** The same of a command that does not go up; `reply` is said at its end. */
  | { readonly kind: 'discard'; readonly reply: string | undefined }
  /** A literal that has to be known before the command goes up. */
  | { readonly kind: 'taking'; readonly taken: TakenLiteral }
  /** One line that is no command: a SASL response, or DONE. */
  | { readonly kind: 'sasl' }
  | { readonly kind: 'done' };

/** What every session at rest reads next: one for all of them, so that none holds one of its own (decision 9). */
export const nextCommand: Reading = { kind: 'command' };
/** What most commands are read with, again one for all. */
export const restOfCommand: Reading = { kind: 'rest' };

/** Why the client is not read: what has to come first. */
export type Waiting =
  | { readonly for: 'greeting' }
  /** `+` or a tagged answer: to a literal (which the client was not told of, if `converted`), AUTHENTICATE, IDLE. */
  | { readonly for: 'literal'; readonly tag: string; readonly converted: boolean }
  | { readonly for: 'sasl' | 'idle'; readonly tag: string }
  /** A tagged answer that changes what commands mean: to LOGIN, UNAUTHENTICATE, or to DONE. */
  | { readonly for: 'answer'; readonly tag: string }
  /** Room: an answer to one of too many commands, or to one whose tag is used again. */
  | { readonly for: 'room' }
  /** The script's answer, on which it hangs what becomes of what was read last. */
  | { readonly for: 'script' }
  /** What has to be known to judge a command. */
  | { readonly for: 'knowledge' }
  /** STARTTLS: everything before it to be answered, then the handshake. */
  | { readonly for: 'quiet'; readonly tag: string }
  | { readonly for: 'handshake' };
