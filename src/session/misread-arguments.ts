/**
 * Arguments that a server might stumble over and read what is behind them as a command of its own, which nobody here has
 * looked at (A18): Dovecot reads APPEND apart from all other commands, and does not throw away the rest of such a line.
 * What always holds: of APPEND and REPLACE nothing goes up but what all readers take for one command.
 */
import { argumentsStandApart, type LineSegment } from '../imap-parser-lite/index.ts';
import { storesMessages } from '../rewrite/hidden-capability.ts';

/**
 * Whether a line of a command (with the verb behind UID, upper case) must not go up; its arguments begin at `start`, 0
 * behind a literal. What does not come whole is not looked at in parts: Dovecot takes no such line either.
 */
export function mayBeMisread(verb: string, line: LineSegment, start: number): boolean {
  return storesMessages(verb) && !(line.complete && argumentsStandApart(line.bytes, start));
}
