/** stub, being written */
import type { NameEncoding } from './question.ts';

/** A LIST, LSUB or XLIST response taken apart; `response` is its raw bytes. */
export interface FolderResponse {
  readonly response: Uint8Array;
  /** Decoded UTF-8, or the bytes as they came where they are not valid modified UTF-7. */
  readonly name: Uint8Array;
  /** The text between the parentheses. */
  readonly attributes: Uint8Array;
  /** Everything after the name without the CRLF, leading space included; empty when there is nothing. */
  readonly extended: Uint8Array;
}

/** Takes a whole raw response apart; undefined where it is not a folder response we can read. */
export function readFolder(_response: Uint8Array, _names: NameEncoding): FolderResponse | undefined {
  throw new Error('stub');
}

/**
 * Writes the response again with what a script returned. `undefined` keeps the original value; when nothing
 * differs, the very bytes that came are returned. A value that would break out of its place gives `{ fault }`,
 * a sentence for the operator.
 */
export function writeFolder(
  _folder: FolderResponse,
  _attributes: Uint8Array | undefined,
  _extended: Uint8Array | undefined,
): Uint8Array | { readonly fault: string } {
  throw new Error('stub');
}
