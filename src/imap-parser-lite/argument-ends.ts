/** Where the arguments of a command end (RFC 9051 §9): each at a space, at the end of its list, or at the end of the line. */
import { readAstring } from './astring.ts';
import { CLOSE_PARENTHESIS, endOfText, OPEN_PARENTHESIS, QUOTE, SPACE } from './bytes.ts';

/**
 * Whether every string and list in a client's line, from `start` on, begins and ends where one may. At 0 the line
 * follows a literal. A list need not be closed: it may go on behind the next literal.
 */
export function argumentsStandApart(line: Uint8Array, start: number): boolean {
  const end = endOfText(line);
  let before: 'nothing' | 'word' | 'closed' = start === 0 ? 'closed' : 'nothing';
  for (let at = start; at < end; at++) {
    const byte = line[at];
    if (byte === SPACE) before = 'nothing';
    else if (byte === CLOSE_PARENTHESIS) before = 'closed';
    else if (before === 'closed') return false;
    else if (byte !== OPEN_PARENTHESIS && byte !== QUOTE) before = 'word';
    else if (before === 'word') return false;
    else if (byte === QUOTE) {
      const string = readAstring(line, at);
      if (string === undefined) return false;
      at = string.end - 1;
      before = 'closed';
    }
  }
  return true;
}
