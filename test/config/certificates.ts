/** Certificates of the ways a certificate can be: made here, so that no key is stored and no program is needed. */
import { createPrivateKey } from 'node:crypto';
import { generate } from 'selfsigned';

const DAY = 86_400_000;

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** A self-signed pair in PEM form, valid between two days counted from today. */
export async function makePair(from: number, to: number): Promise<Pair> {
  const now = Date.now();
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    notBeforeDate: new Date(now + from * DAY),
    notAfterDate: new Date(now + to * DAY),
    algorithm: 'sha256',
  });
  return { cert: made.cert, key: made.private };
}

/** A pair that is sound in itself and still too weak for TLS: RSA with 512 bits. */
export async function makeWeakPair(): Promise<Pair> {
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 512,
    algorithm: 'sha256',
  });
  return { cert: made.cert, key: made.private };
}

/** RSA with 2048 bits, good for a year. */
export async function makeRsaPair(): Promise<Pair> {
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    algorithm: 'sha256',
  });
  return { cert: made.cert, key: made.private };
}

/** The same key behind a passphrase. */
export function locked(key: string): string {
  const options = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' } as const;
  return createPrivateKey(key).export(options).toString();
}
