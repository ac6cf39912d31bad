/**
 * Message numbers that change between a command and its going up. A client may not be told of removed messages while
 * it waits for FETCH, STORE or SEARCH, and what it numbered before it heard of them means others afterwards (RFC 9051
 * §7.5.1). A command of our own, sent first, gives the server occasion to tell of them.
 */
import { latin1 } from '../imap-parser-lite/index.ts';

/** Whether a response gives messages other numbers: `* 3 EXPUNGE`, or VANISHED of now (RFC 7162 §3.2.10). */
export function renumbers(line: Uint8Array): boolean {
  return /^\* (\d+ EXPUNGE|VANISHED (?!\(EARLIER\)))/i.test(latin1(line, 0, Math.min(line.length, 32)));
}

/** Whether a command (with the verb behind UID, upper case) may name messages by number; UID SEARCH does in its keys. */
export function usesNumbers(verb: string): boolean {
  return /^(FETCH|STORE|COPY|MOVE|REPLACE|(UID )?(SEARCH|SORT|THREAD))$/.test(verb);
}
