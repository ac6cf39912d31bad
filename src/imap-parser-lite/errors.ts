/**
 * What can be wrong with bytes on the wire: a closed union with stable codes. A fault is a value; whoever
 * frames decides what to answer. Each code says whose bytes broke which rule, never what the bytes were.
 */

export type WireFaultCode =
  /** A `{…}` stands where only a literal may, and is not one (RFC 9051 §4.3). */
  | 'literal-malformed'
  /** A literal's size has more digits than we can count. */
  | 'literal-too-large'
  /** A server sent `{n+}`, which only clients may (RFC 7888 §6). */
  | 'literal-from-server-not-synchronising'
  /** A line ends like a literal, but its quotes do not add up: two readers could disagree about what follows. */
  | 'literal-ambiguous'
  /** A `{` where a lenient server sees a literal and the grammar has none: it would say `+`, and take the next bytes. */
  | 'literal-misplaced'
  /** CR without LF: one side could take it for a line end and the other not. */
  | 'bare-carriage-return'
  /** DEL outside quotes: Dovecot begins a new command at one in the middle of an APPEND. */
  | 'delete-outside-quotes'
  /** A later line ends inside quotes: Dovecot runs what stands in them in an APPEND. */
  | 'quotes-not-closed'
  /** NUL outside a literal (RFC 9051 §9, CHAR). */
  | 'nul-outside-literal'
  /** A line longer than the reader allows here. */
  | 'line-too-long';

export interface WireFault {
  readonly code: WireFaultCode;
  /** A sentence for the log and for the other side: free of the bytes it is about. */
  readonly message: string;
}

const messages: Record<WireFaultCode, string> = {
  'literal-malformed': 'a literal size is not a plain number',
  'literal-too-large': 'a literal size is too large',
  'literal-from-server-not-synchronising': 'the server sent a non-synchronising literal',
  'literal-ambiguous': 'a line ends in a literal size behind unbalanced quotes',
  'literal-misplaced': 'a line contains a brace that could be taken for a literal and is none',
  'bare-carriage-return': 'a line contains a CR without an LF',
  'delete-outside-quotes': 'a line contains a DEL outside quotes',
  'quotes-not-closed': 'a line ends in a quoted string that is not closed',
  'nul-outside-literal': 'a line contains a NUL',
  'line-too-long': 'a line is too long',
};

/** The fault of a code, with its sentence. */
export function wireFault(code: WireFaultCode): WireFault {
  return { code, message: messages[code] };
}
