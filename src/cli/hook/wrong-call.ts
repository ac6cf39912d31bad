/**
 * Why a call ends before anything has run: the caller's mistake, answered by a sentence and exit code 2, or a caller who
 * has left it.
 */

/** `message` is written as it is. */
export class WrongCall extends Error {}

/** Ctrl-C where the terminal makes no signal of it: nobody has to be told, and a shell expects 130. */
export class GivenUp extends Error {}

/** A mistake in a call of `imapveil hook`; `sentence` has no full stop. */
export function wrongCall(sentence: string): WrongCall {
  return new WrongCall(`imapveil hook: ${sentence}; see imapveil hook --help\n`);
}
