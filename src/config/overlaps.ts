/**
 * Ports that cannot be had together, because the system gives each address of a port to one socket. Found here, for
 * otherwise `check` would pass what `run` cannot open, and the one in the way would be taken for another process.
 */
import { isIPv4, isIPv6, SocketAddress } from 'node:net';

export interface PortOfAddress {
  readonly address: string;
  readonly port: number;
}

export type Overlap =
  /** One address, however it is written: `::1` and `0::1`. */
  | { readonly kind: 'same' }
  /** One of the two stands for many, the other among them; `why` names it. */
  | { readonly kind: 'covered'; readonly why: string };

/** Whether only one of the two can be listened on; undefined: both can. */
export function overlapOf(one: PortOfAddress, other: PortOfAddress): Overlap | undefined {
  if (one.port !== other.port) return undefined;
  const addresses = [canonical(one.address), canonical(other.address)];
  if (addresses[0] === addresses[1]) return { kind: 'same' };
  if (addresses.includes('::')) return { kind: 'covered', why: '"::" is every IPv6 and IPv4 address' };
  if (addresses.includes('0.0.0.0') && addresses.every((address) => isIPv4(address)))
    return { kind: 'covered', why: '0.0.0.0 is every IPv4 address' };
  return undefined;
}

function canonical(address: string): string {
  return isIPv6(address) ? new SocketAddress({ address, family: 'ipv6' }).address : address;
}
