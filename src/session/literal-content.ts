/**
 * What the literals of a command may hold. Messages have line ends; names, and what is searched for, have none. Dovecot
 * says `Unexpected string as search key: ` and then the literal as it came: with a line end in it, whoever searched would
 * have the server say a response of the client's making, and the proxy believe it (`+`, ENABLED, CAPABILITY).
 */
import { endOfText, latin1 } from '../imap-parser-lite/index.ts';

/** Commands with messages or notes in them, and the place in their first line where a mailbox is named (RFC 9051 §6.3.12, RFC 5464 §4.3, RFC 8508). */
const holding = /^(APPEND|(UID )?REPLACE|SET(METADATA|ANNOTATION))$/;
const nameInFirstLine = /^\S+ (APPEND|(UID )?REPLACE \S+|SET(METADATA|ANNOTATION)) ~?\{\d+\+?\}$/i;

/** RFC 4469 §5: what is catenated is a text, or the URL of one. */
const address = /\bURL ~?\{\d+\+?\}$/i;

/** Whether the literal that `line` of a command (with the verb behind UID, upper case) announces may have line ends in it. */
export function mayHoldLines(verb: string, line: Uint8Array): boolean {
  if (!holding.test(verb)) return false;
  const text = latin1(line, 0, endOfText(line));
  return !nameInFirstLine.test(text) && !address.test(text);
}
