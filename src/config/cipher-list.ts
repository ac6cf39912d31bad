/** `tls.ciphers` taken apart: one list of the operator's, two of OpenSSL's. This file imports nothing that runs. */
import type { Ciphers } from './config.ts';

/** Whatever a list says, nothing is spoken without encryption or with a server that nobody has vouched for. */
export const NEVER = '!aNULL:!eNULL';

/** The words of a list, as OpenSSL separates them. */
export function cipherWords(list: string): string[] {
  return list.split(/[\s:,;]+/).filter((word) => word !== '');
}

/** TLS 1.3 has names of its own, which all begin so, and which OpenSSL wants in a list of their own. */
export function isOfTls13(word: string): boolean {
  return /^[!+-]?TLS_/.test(word);
}

/** Both lists; a version of which the list says nothing has none. */
export function splitCiphers(list: string): Ciphers {
  const words = cipherWords(list);
  const tls13 = words.filter(isOfTls13);
  const tls12 = words.filter((word) => !isOfTls13(word));
  return {
    ...(tls13.length > 0 && { tls13: tls13.join(':') }),
    ...(tls12.length > 0 && { tls12: [...tls12, NEVER].join(':') }),
  };
}
