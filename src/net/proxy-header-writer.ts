/**
 * The PROXY header, version 2, with which the proxy tells the server whose connection it passes on. What always
 * holds: the reader beside it reads from it what was written.
 */
import { isIPv4 } from 'node:net';
import type { SessionSettings } from '../session/conversation.ts';
import type { ProxyEnd } from './proxy-header.ts';

/** Signature, version 2 and the command PROXY. */
const START = Buffer.from('\r\n\r\n\0\r\nQUIT\n\x21', 'latin1');
/** The same with the command LOCAL and no addresses: a connection of our own, behind which is no client. */
export const localProxyHeader: Buffer = Buffer.from('\r\n\r\n\0\r\nQUIT\n\x20\0\0\0', 'latin1');
/** A stream over IPv4, over IPv6; and the bytes of two addresses and two ports. */
const TCP4 = [0x11, 0, 12];
const TCP6 = [0x21, 0, 36];

/**
 * The header for a connection between these two. One family holds both addresses: where only one of them is IPv4,
 * it goes as IPv6 (`::ffff:10.0.0.5`).
 */
export function writeProxyHeader(source: ProxyEnd, destination: ProxyEnd): Buffer {
  const ends = [source, destination];
  const four = ends.every(({ address }) => isIPv4(address));
  const addresses = ends.map(({ address }) => (four ? bytesOf4(address) : bytesOf6(address)));
  const ports = ends.flatMap(({ port }) => [port >> 8, port & 0xff]);
  return Buffer.concat([START, Buffer.from([...(four ? TCP4 : TCP6), ...addresses.flat(), ...ports])]);
}

/** The header that tells the server whose session this is. */
export function proxyHeaderOf(facts: SessionSettings): Buffer {
  const { client, clientport, server, serverport } = facts;
  return writeProxyHeader({ address: client, port: clientport }, { address: server, port: serverport });
}

function bytesOf4(address: string): number[] {
  return address.split('.').map(Number);
}

/** Either family; its last four bytes may be written as IPv4 (RFC 4291 §2.2). */
function bytesOf6(address: string): number[] {
  if (isIPv4(address)) return bytesOf6(`::ffff:${address}`);
  const [head = [], tail] = address.split('::').map(bytesOfGroups);
  const zeros = tail === undefined ? 0 : 16 - head.length - tail.length;
  return [...head, ...new Array<number>(zeros).fill(0), ...(tail ?? [])];
}

function bytesOfGroups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return bytesOf4(group);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
