/**
 * `[REFERRAL imap://…]` in a status response sends a client to another server, around the proxy (RFC 2221, RFC
 * 2193, P18). The code is taken out; the response and its text stay. The one thing that always holds: what leaves
 * does not begin with such a code, however many there were.
 */
import {
  CLOSE_BRACKET,
  concat,
  endOfText,
  fromLatin1,
  isStatusWord,
  latin1,
  OPEN_BRACKET,
  type ResponseHead,
  SPACE,
} from '../imap-parser-lite/index.ts';

const CODE = '[REFERRAL';

/** Whether a line with this head is a status response whose code is a referral. */
export function hasReferral(line: Uint8Array, head: ResponseHead): boolean {
  if (head.kind !== 'untagged' && head.kind !== 'tagged') return false;
  return referralAt(line, head.text) && isStatusWord(head.word);
}

/** The complete line without its referrals, or the very line when it has none. */
export function withoutReferral(line: Uint8Array, head: ResponseHead): Uint8Array {
  if (!hasReferral(line, head) || !('text' in head)) return line;
  const end = endOfText(line);
  let at = head.text;
  while (referralAt(line, at)) {
    at = endOfCode(line, at, end);
    while (line[at] === SPACE) at++;
  }
  // A status response has a text (RFC 9051 §9, resp-text).
  const text = at < end ? line.subarray(at) : concat([fromLatin1('See another server'), line.subarray(end)]);
  return concat([line.subarray(0, head.text), text]);
}

function referralAt(line: Uint8Array, at: number): boolean {
  if (line[at] !== OPEN_BRACKET) return false;
  const behind = line[at + CODE.length];
  return (
    latin1(line, at, Math.min(at + CODE.length, line.length)).toUpperCase() === CODE &&
    (behind === SPACE || behind === CLOSE_BRACKET)
  );
}

/** A `]` inside a URL, as in `imap://[::1]/`, has something behind it. A code without an end takes the rest with it. */
function endOfCode(line: Uint8Array, at: number, end: number): number {
  for (let next = line.indexOf(CLOSE_BRACKET, at); next >= 0 && next < end; ) {
    if (next + 1 === end || line[next + 1] === SPACE) return next + 1;
    next = line.indexOf(CLOSE_BRACKET, next + 1);
  }
  return end;
}
