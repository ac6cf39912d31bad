/** What may become of a command: a closed list, made by the gate and carried out by the client's side. */
import type { LineSegment, Literal } from '../imap-parser-lite/index.ts';
import type { Answer, Question } from '../rewrite/question.ts';

export type Decision =
  | Send
  /** The answer to the command, without its tag. */
  | { readonly kind: 'refuse'; readonly reply: string }
  /** The script decides; what it answers makes the decision. */
  | { readonly kind: 'ask'; readonly question: Question; readonly decide: (answer: Answer) => Decision }
  /** STARTTLS, which the proxy answers itself. */
  | { readonly kind: 'starttls' }
  /** Something has to be learnt first; then it is decided again. */
  | { readonly kind: 'learn' }
  /** The literal that the line ends in, which is small, has to be known first; then it is decided again. */
  | { readonly kind: 'take-literal'; readonly literal: Literal };

/** `line` goes up, which may not be quite the client's; `veil` is to be taken out of the answer. */
export interface Send {
  readonly kind: 'send';
  readonly line: LineSegment;
  readonly veil: Uint8Array | undefined;
}
