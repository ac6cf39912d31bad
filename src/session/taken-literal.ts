/**
 * A literal that has to be known before its command goes up (names of users and mailboxes, ID): it is taken into the
 * line, as a quoted string. What always holds: it is small, its room is made once, and no chunk that it came in is kept.
 */
import {
  concat,
  type LineSegment,
  type Literal,
  type LiteralSegment,
  NO_BYTES,
  OPEN_BRACE,
  quoted,
  TILDE,
} from '../imap-parser-lite/index.ts';

/** A literal of which the first `filled` bytes have come, and the line that it belongs behind, without its mark. */
export interface TakenLiteral {
  readonly line: Uint8Array;
  readonly literal: Uint8Array;
  readonly filled: number;
}

/** Makes room for `literal`, which `line` announces and of which nothing has come. */
export function roomFor(literal: Literal, { bytes }: LineSegment): TakenLiteral {
  const mark = bytes.lastIndexOf(literal.binary ? TILDE : OPEN_BRACE);
  return { line: bytes.subarray(0, mark), literal: new Uint8Array(literal.size), filled: 0 };
}

/** The same with a further part. */
export function withPart({ line, literal, filled }: TakenLiteral, { bytes }: LiteralSegment): TakenLiteral {
  literal.set(bytes, filled);
  return { line, literal, filled: filled + bytes.length };
}

/**
 * The line with the literal in it, and `rest` behind. What cannot be quoted leaves a gap, in which nothing can be read:
 * the command is refused for that.
 */
export function withTaken({ line, literal }: TakenLiteral, rest: LineSegment): LineSegment {
  return { ...rest, bytes: concat([line, quoted(literal) ?? NO_BYTES, rest.bytes]), first: true };
}
