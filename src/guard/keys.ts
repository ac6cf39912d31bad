/**
 * Under which names failed logins are counted. Whoever is given a whole network is one address, and a name is the
 * same user however it is written.
 */
import { countedAddress } from '../net/address.ts';

export interface Keys {
  /** As connections are counted, too. */
  readonly address: string;
  /** Undefined where the client showed no name. */
  readonly named: NamedKeys | undefined;
}

export interface NamedKeys {
  readonly user: string;
  /** This user at this address. An address has no space in it, so that no name can pretend to be another pair. */
  readonly pair: string;
}

/** From an address as a person would write it, and a name as the client wrote it; empty where it showed none. */
export function keysOf(client: string, name: string): Keys {
  const address = countedAddress(client);
  if (name === '') return { address, named: undefined };
  // Most servers take Alice for alice; one that does not counts the two together, which harms neither.
  const user = name.normalize('NFC').toLowerCase();
  return { address, named: { user, pair: `${address} ${user}` } };
}
