/** The caller's mistake. What always holds: it is answered by a sentence and exit code 2, and nothing has run. */

/** `message` is written as it is. */
export class WrongCall extends Error {}

/** A mistake in a call of `imapveil hook`; `sentence` has no full stop. */
export function wrongCall(sentence: string): WrongCall {
  return new WrongCall(`imapveil hook: ${sentence}; see imapveil hook --help\n`);
}
