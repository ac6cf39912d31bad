/**
 * What is made once for a configuration, however many processes serve: certificates, ticket keys, the way to the
 * server. It is plain data, so that it can be sent to a worker; and what was read from files is in it, so that a
 * worker that replaces another has what the other had.
 */
import { readFileSync } from 'node:fs';
import type { Config, UpstreamServer } from '../config/config.ts';
import type { CertificatePair } from '../net/certificate-choice.ts';
import { makeTicketKeys } from '../net/tls.ts';
import type { Log } from '../observe/log.ts';
import { StartFault } from './start-fault.ts';

export interface Common {
  /** The first is the default. */
  readonly certificates: readonly CertificatePair[];
  /** What encrypts session tickets. */
  readonly ticketKeys: Buffer;
  /** The text of `upstream.tls.ca`. */
  readonly upstreamCa: Buffer | undefined;
  /** Where the servers are. */
  readonly servers: readonly UpstreamServer[];
}

/** What runs: a configuration, and what was made for it. */
export interface Running {
  readonly config: Config;
  readonly common: Common;
}

/**
 * Reads what the configuration names; rejects with StartFault for a file that is gone since it was checked. What
 * clients know the proxy by, and no configuration names, stays as it is in `before`.
 */
export async function makeCommon(
  config: Config,
  servers: Common['servers'],
  log: Log,
  before?: Running,
): Promise<Common> {
  const { ca } = config.upstream.tls;
  return {
    certificates: await certificates(config, log, before),
    ticketKeys: before?.common.ticketKeys ?? makeTicketKeys(),
    upstreamCa: ca === undefined ? undefined : read(ca),
    servers,
  };
}

async function certificates(
  config: Config,
  log: Log,
  before: Running | undefined,
): Promise<readonly CertificatePair[]> {
  if (config.tls.certificates.length > 0) {
    return config.tls.certificates.map(({ cert, key }) => ({ cert: read(cert), key: read(key) }));
  }
  if (before?.config.tls.certificates.length === 0) return before.common.certificates;
  log.warn(
    'no tls.certificates: clients are shown a self-signed certificate made at this start, good for trying only',
  );
  const { makeSelfSigned } = await import('../net/self-signed.ts');
  return [await makeSelfSigned()];
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new StartFault(`${file} cannot be read any more: ${(error as Error).message}`);
  }
}
