/** What comes out of a framer: lines, parts of literals, and what nobody can frame. */
import type { WireFault } from './errors.ts';
import type { Literal } from './literal.ts';

export interface LineSegment {
  readonly kind: 'line';
  readonly bytes: Uint8Array;
  /** The first segment of a command or response. */
  readonly first: boolean;
  /** The line's end is in it. False: more of this line follows. */
  readonly complete: boolean;
  /** Announced by this line; its bytes follow, then another line. Undefined: a complete line ends the message. */
  readonly literal: Literal | undefined;
}

export interface LiteralSegment {
  readonly kind: 'literal';
  /** Some of the literal's bytes; none in the only segment of `{0}`. */
  readonly bytes: Uint8Array;
  /** The literal ends here, and a line follows. */
  readonly complete: boolean;
}

export interface FaultSegment {
  readonly kind: 'fault';
  readonly fault: WireFault;
}

export type Segment = LineSegment | LiteralSegment | FaultSegment;

/** A line or a literal of which a part has come. */
export interface Unfinished {
  readonly kind: 'line' | 'literal';
  /** Lines and literals of this stream that are finished: tells this one from the next. */
  readonly number: number;
}
