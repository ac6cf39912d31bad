/**
 * Capability lists: first made honest about the proxy (what cannot work through it is gone, its own STARTTLS and
 * LOGINDISABLED are there), then handed to the script, then written back into the line that they stood in.
 */
import { type CapabilitySpan, concat, fromLatin1, splitWords } from '../imap-parser-lite/index.ts';
import { mechanismWorks, offersChannelBinding, type Refused } from './refused.ts';

/** What of a capability list depends on the client's side of the proxy, at the moment it is sent. */
export interface CapabilityView {
  /** The proxy would answer STARTTLS now. */
  readonly offersStartTls: boolean;
  /** The proxy refuses every login until there is TLS (mode 3). */
  readonly refusesLogin: boolean;
  /** What is neither shown nor passed. */
  readonly refused: Refused;
}

/** The server's words as the proxy can stand for them: its own view, applied before the script sees the list. */
export function honestCapabilities(words: readonly string[], view: CapabilityView): string[] {
  const upper = words.map((word) => word.toUpperCase());
  const channelBinding = offersChannelBinding(upper);
  const honest = words.filter((_, at) => {
    const word = upper[at]!;
    if (view.refused.capabilities.has(word)) return false;
    if (word === 'STARTTLS') return view.offersStartTls;
    if (word === 'SASL-IR') return !view.refusesLogin;
    if (!word.startsWith('AUTH=')) return true;
    return !view.refusesLogin && mechanismWorks(word.slice('AUTH='.length), channelBinding, view.refused);
  });
  if (view.offersStartTls && !upper.includes('STARTTLS')) honest.push('STARTTLS');
  if (view.refusesLogin && !upper.includes('LOGINDISABLED')) honest.push('LOGINDISABLED');
  return honest;
}

/** The list as DoCapability is given it: single spaces, and one at each end, so that ` IDLE ` can be found. */
export function forScript(words: readonly string[]): string {
  return ` ${words.join(' ')} `;
}

/** Whether `word` can stand in a capability list (RFC 9051 §9, capability) and cannot end it; 8-bit bytes may pass, as servers let them. */
export function isCapabilityWord(word: string): boolean {
  return /^[^\x00-\x20()"\\%*{}\]\x7f]+$/.test(word);
}

/** The same of all words of a text, space separated, at once: most scripts take a word away and add none. */
export function areCapabilityWords(text: string): boolean {
  return /^[^\x00-\x1f()"\\%*{}\]\x7f]*$/.test(text);
}

/** The line with `words` in place of its list, which says `original`, or the very line when they are the same. */
export function writeCapabilities(
  line: Uint8Array,
  span: CapabilitySpan,
  original: readonly string[],
  words: readonly string[],
): Uint8Array {
  if (original.length === words.length && original.every((word, at) => word === words[at])) return line;
  return concat([line.subarray(0, span.start), fromLatin1(words.join(' ')), line.subarray(span.end)]);
}

/**
 * The words that remain of a capability list where its script failed and `onError` is `hide`: those without
 * which nobody could log in. Latin1, space separated, both ways.
 */
export function essentialCapabilities(capabilities: string): string {
  const essential = /^(IMAP4.*|AUTH=.*|SASL-IR|STARTTLS|LOGINDISABLED)$/i;
  return splitWords(capabilities)
    .filter((word) => essential.test(word))
    .join(' ');
}
