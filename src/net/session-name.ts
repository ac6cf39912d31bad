/**
 * What a session is called in the log: twelve hexadecimal digits by chance, so that the names of many processes and
 * of many weeks can lie in one place and still be told apart.
 */
import { randomFillSync } from 'node:crypto';

const BYTES = 6;
/** Asking for random bytes costs as much as making a hundred names of them. */
const store: Buffer = Buffer.alloc(256 * BYTES);
let used = store.length;

/** A new name, `bae739fe1b17`. */
export function newSessionName(): string {
  if (used === store.length) {
    randomFillSync(store);
    used = 0;
  }
  used += BYTES;
  return store.toString('hex', used - BYTES, used);
}
