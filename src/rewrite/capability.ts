/**
 * Capability lists: first made honest about the proxy (what cannot work through it is gone, its own STARTTLS and
 * LOGINDISABLED are there), then handed to the script, then written back into the line that they stood in.
 */
import {
  type CapabilitySpan,
  capabilityWords,
  concat,
  fromLatin1,
  splitWords,
} from '../imap-parser-lite/index.ts';

/** What of a capability list depends on the client's side of the proxy, at the moment it is sent. */
export interface CapabilityView {
  /** The proxy would answer STARTTLS now. */
  readonly offersStartTls: boolean;
  /** The proxy refuses every login until there is TLS (mode 3). */
  readonly refusesLogin: boolean;
}

/**
 * Words that cannot work through a proxy which ends TLS and reads what passes. COMPRESS makes the rest unreadable;
 * GSSAPI and its kin and DIGEST-MD5 may wrap the stream after login; EXTERNAL would present the proxy's own
 * identity (P20); referrals lead clients around the proxy (P18, P26).
 */
const unworkable: ReadonlySet<string> = new Set([
  'COMPRESS=DEFLATE',
  'AUTH=GSSAPI',
  'AUTH=GSS-SPNEGO',
  'AUTH=KERBEROS_V4',
  'AUTH=DIGEST-MD5',
  'AUTH=EXTERNAL',
  'LOGIN-REFERRALS',
  'MAILBOX-REFERRALS',
]);

/** Whether the list of the server (upper-case words) has a mechanism that binds to the TLS channel, such as SCRAM-SHA-256-PLUS. */
export function offersChannelBinding(words: Iterable<string>): boolean {
  for (const word of words) if (word.startsWith('AUTH=') && word.endsWith('-PLUS')) return true;
  return false;
}

/**
 * Whether the proxy lets a client see and use a SASL mechanism, in upper case. With channel binding offered,
 * every SCRAM must go: a client that could bind says so, and the server would then have to fail the login (P19).
 */
export function mechanismWorks(mechanism: string, channelBindingOffered: boolean): boolean {
  if (unworkable.has(`AUTH=${mechanism}`) || mechanism.endsWith('-PLUS')) return false;
  return !(channelBindingOffered && mechanism.startsWith('SCRAM-'));
}

/** The server's words as the proxy can stand for them: its own view, applied before the script sees the list. */
export function honestCapabilities(words: readonly string[], view: CapabilityView): string[] {
  const upper = words.map((word) => word.toUpperCase());
  const channelBinding = offersChannelBinding(upper);
  const honest = words.filter((_, at) => {
    const word = upper[at]!;
    if (unworkable.has(word)) return false;
    if (word === 'STARTTLS') return view.offersStartTls;
    if (word === 'SASL-IR') return !view.refusesLogin;
    if (!word.startsWith('AUTH=')) return true;
    return !view.refusesLogin && mechanismWorks(word.slice('AUTH='.length), channelBinding);
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

/** The line with `words` in place of its list, or the very line when they are what it says already. */
export function writeCapabilities(
  line: Uint8Array,
  span: CapabilitySpan,
  words: readonly string[],
): Uint8Array {
  const original = capabilityWords(line, span);
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
