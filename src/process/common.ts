/**
 * What is made once at the start, however many processes serve: certificates, ticket keys, the way to the server.
 * It is plain data, so that it can be sent to a worker; and what was read from files is in it, so that a worker
 * that replaces another has what the other had.
 */
import { readFileSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import type { CertificatePair } from '../net/certificate-choice.ts';
import { makeTicketKeys } from '../net/tls.ts';
import type { Log } from '../observe/log.ts';

export interface Common {
  /** The first is the default. */
  readonly certificates: readonly CertificatePair[];
  /** What encrypts session tickets. */
  readonly ticketKeys: Buffer;
  /** The text of `upstream.tls.ca`. */
  readonly upstreamCa: Buffer | undefined;
  /** Where the server is. */
  readonly upstream: { readonly host: string; readonly port: number };
}

/** Reads what the configuration names; throws Node's error for a file that is gone since it was checked. */
export async function makeCommon(config: Config, upstream: Common['upstream'], log: Log): Promise<Common> {
  const { ca } = config.upstream.tls;
  return {
    certificates: await certificates(config, log),
    ticketKeys: makeTicketKeys(),
    upstreamCa: ca === undefined ? undefined : readFileSync(ca),
    upstream,
  };
}

async function certificates(config: Config, log: Log): Promise<CertificatePair[]> {
  if (config.tls.certificates.length > 0) {
    return config.tls.certificates.map(({ cert, key }) => ({
      cert: readFileSync(cert),
      key: readFileSync(key),
    }));
  }
  log.warn(
    'no tls.certificates: clients are shown a self-signed certificate made at this start, good for trying only',
  );
  const { makeSelfSigned } = await import('../net/self-signed.ts');
  return [await makeSelfSigned()];
}
