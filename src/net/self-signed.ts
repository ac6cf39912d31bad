/** A certificate for trying: made anew at every start, believed by nobody, and said so in the log. */
import { generate } from 'selfsigned';
import type { CertificatePair } from './certificate-choice.ts';

/** A P-256 certificate for `localhost` and the loopback addresses, valid for 30 days. */
export async function makeSelfSigned(): Promise<CertificatePair> {
  const notBeforeDate = new Date();
  const notAfterDate = new Date(notBeforeDate.getTime() + 30 * 24 * 60 * 60 * 1000);
  const made = await generate([{ name: 'commonName', value: 'imapveil self-signed' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate,
    notAfterDate,
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  });
  return { cert: made.cert, key: made.private };
}
