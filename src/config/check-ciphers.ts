/**
 * What OpenSSL thinks of `tls.ciphers`. It refuses a list only when nothing is left of it, and passes over what it
 * does not know; here each word is judged, because a slip of the pen must not go unnoticed.
 */
import { createSecureContext, getCiphers } from 'node:tls';
import { cipherWords, isOfTls13, NEVER, splitCiphers } from './cipher-list.ts';
import { nearestWord } from './nearest-word.ts';

/** Sentences without their subject. A list with faults cannot be used. */
export interface JudgedCiphers {
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
}

/** Judges the list as it is written. */
export function judgeCiphers(list: string): JudgedCiphers {
  const { tls12, tls13 } = splitCiphers(list);
  if (tls12 === undefined && tls13 === undefined) {
    return { faults: ['is empty; write an OpenSSL cipher list, such as HIGH'], warnings: [] };
  }
  const words = cipherWords(list);
  const excluded = words.find((word) => isOfTls13(word) && !word.startsWith('TLS_'));
  if (excluded !== undefined) {
    const message = `cannot have ${excluded}: TLS 1.3 knows names alone; write those that are to be used`;
    return { faults: [message], warnings: [] };
  }

  const unknown = words.filter(selectsNothing);
  const faults = [
    ...refusal('TLS 1.2', tls12, unknown, (word) => !isOfTls13(word)),
    ...refusal('TLS 1.3', tls13, unknown, isOfTls13),
  ];
  if (faults.length > 0) return { faults, warnings: [] };
  return {
    faults,
    warnings: unknown.map((word) => `${word} selects no cipher of this OpenSSL${hint(word)}`),
  };
}

function refusal(
  version: string,
  list: string | undefined,
  unknown: readonly string[],
  belongs: (word: string) => boolean,
): string[] {
  const reason = list === undefined ? undefined : refusedByOpenSsl(list);
  if (reason === undefined) return [];
  const word = unknown.find(belongs);
  const about = word === undefined ? '' : `; it does not know ${word}${hint(word)}`;
  return [`is refused by OpenSSL for ${version}: ${reason}${about}`];
}

/** Commands (`@`) and what takes away or moves (`!`, `-`, `+`) are not asked to select anything. */
function selectsNothing(word: string): boolean {
  if (/^[!+@-]/.test(word)) return false;
  return refusedByOpenSsl(isOfTls13(word) ? word : `${word}:${NEVER}`) !== undefined;
}

function refusedByOpenSsl(ciphers: string): string | undefined {
  try {
    createSecureContext({ ciphers });
    return undefined;
  } catch (error) {
    const { reason, message } = error as Error & { readonly reason?: string };
    return reason ?? message;
  }
}

function hint(word: string): string {
  const nearest = nearestWord(word, [...GROUPS, ...getCiphers().map((name) => name.toUpperCase())]);
  return nearest === undefined ? '' : `; did you mean "${nearest}"?`;
}

/** The words for several ciphers that lists are mostly made of (openssl-ciphers(1)). */
const GROUPS = ['DEFAULT', 'HIGH', 'MEDIUM', 'ALL', 'ECDHE', 'AESGCM', 'CHACHA20', 'ECDHE+AESGCM'];
