/**
 * The mark at the end of a line that announces a literal (RFC 9051 §4.3, RFC 7888, RFC 3516). Whether a line may
 * carry one at all is not decided here but by the grammar of the line, in command.ts and response.ts.
 */
import { CLOSE_BRACE, endOfText, OPEN_BRACE, OPEN_PARENTHESIS, PLUS, SPACE, TILDE } from './bytes.ts';
import { type WireFault, wireFault } from './errors.ts';
import * as limits from './limits.ts';

export interface Literal {
  /** Bytes that follow the line. */
  readonly size: number;
  /** `{n}`: the sender waits for `+`. `{n+}`: it does not. */
  readonly synchronising: boolean;
  /** `~{n}`, literal8: may hold NUL. */
  readonly binary: boolean;
}

/**
 * Reads the literal mark that ends `line` (with its line end). Undefined where the line ends in none: `foo{5}`
 * is none, for a literal is an argument of its own. What stands where only a literal may and is not one is a
 * fault: taken as text, it would be the other side's literal.
 */
export function readLiteralMark(line: Uint8Array): Literal | WireFault | undefined {
  const end = endOfText(line);
  if (line[end - 1] !== CLOSE_BRACE) return undefined;
  const open = line.lastIndexOf(OPEN_BRACE, end - 1);
  if (open < 1) return undefined;
  const binary = line[open - 1] === TILDE;
  const before = line[binary ? open - 2 : open - 1];
  if (before !== SPACE && before !== OPEN_PARENTHESIS) return undefined;
  const synchronising = line[end - 2] !== PLUS;
  const digitsEnd = synchronising ? end - 1 : end - 2;
  const digits = digitsEnd - (open + 1);
  if (digits < 1) return wireFault('literal-malformed');
  let size = 0;
  for (let at = open + 1; at < digitsEnd; at++) {
    const digit = line[at]! - 0x30;
    if (digit < 0 || digit > 9) return wireFault('literal-malformed');
    size = size * 10 + digit;
  }
  if (digits > 1 && line[open + 1] === 0x30) return wireFault('literal-malformed');
  if (digits > limits.literalDigits) return wireFault('literal-too-large');
  return { size, synchronising, binary };
}

/** The line with its `{n+}` written as `{n}`, so that the server is asked before the data is sent (RFC 7888 §4). */
export function asSynchronising(line: Uint8Array): Uint8Array {
  const plus = endOfText(line) - 2;
  const written = new Uint8Array(line.length - 1);
  written.set(line.subarray(0, plus));
  written.set(line.subarray(plus + 1), plus);
  return written;
}
