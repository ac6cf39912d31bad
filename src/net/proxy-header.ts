/**
 * The PROXY header, with which a load balancer in front tells whose connection it passes on (HAProxy's PROXY
 * protocol, versions 1 and 2). What always holds: the verdict hangs on the bytes alone, never on how they were
 * cut, and a header is exactly its own bytes; what follows belongs to the client.
 */
import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import { plainAddress } from './address.ts';

export interface ProxyEnd {
  /** As a person writes it: an IPv4 address is never `::ffff:10.0.0.5`. */
  readonly address: string;
  readonly port: number;
}

export type ProxyHeader =
  | { readonly kind: 'incomplete' }
  | {
      readonly kind: 'header';
      /** Bytes that the header has; whatever is behind them is not part of it. */
      readonly length: number;
      /** Both or neither: neither means the connection is the sender's own, or its ends are not known. */
      readonly source?: ProxyEnd;
      readonly destination?: ProxyEnd;
    }
  /** `message` is a clause for the operator; it never repeats what was sent. */
  | { readonly kind: 'fault'; readonly message: string };

const WORD = Buffer.from('PROXY ', 'latin1');
/** The longest line of version 1, CRLF included. */
const LONGEST_LINE = 107;
const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
/** Bytes of version 2 before the addresses. */
const FIXED = 16;
/** Bytes that may follow them: addresses, and fields that are skipped. */
const LONGEST_BLOCK = 4096;

const INCOMPLETE: ProxyHeader = { kind: 'incomplete' };

/** Looks for a whole header at the start of the bytes that came so far. Never throws. */
export function readProxyHeader(bytes: Uint8Array): ProxyHeader {
  if (begins(bytes, WORD)) return readText(bytes);
  if (begins(bytes, SIGNATURE)) return readBinary(bytes);
  return fault('it begins with other bytes');
}

/** Whether the bytes begin with these, as far as either goes. */
function begins(bytes: Uint8Array, start: Uint8Array): boolean {
  return start.subarray(0, bytes.length).every((byte, at) => bytes[at] === byte);
}

function fault(message: string): ProxyHeader {
  return { kind: 'fault', message };
}

/** Version 1: `PROXY TCP4 source destination port port` and CRLF, one space between two words. */
function readText(bytes: Uint8Array): ProxyHeader {
  const text = Buffer.from(bytes.subarray(0, LONGEST_LINE)).toString('latin1');
  const end = text.indexOf('\r\n');
  if (end < 0 && text.length < LONGEST_LINE) return INCOMPLETE;
  if (end < 0) return fault(`its line is longer than ${LONGEST_LINE} bytes`);
  const length = end + 2;
  const [, protocol, ...words] = text.slice(0, end).split(' ');
  // What follows UNKNOWN has no meaning.
  if (protocol === 'UNKNOWN') return { kind: 'header', length };
  if (protocol !== 'TCP4' && protocol !== 'TCP6')
    return fault('it is for another protocol than TCP4 or TCP6');
  if (words.length !== 4) return fault('its line has not two addresses and two ports');
  const valid = protocol === 'TCP4' ? isIPv4 : (word: string) => isIPv6(word) && !word.includes('%');
  const [from = '', to = '', fromPort, toPort] = words;
  if (!valid(from) || !valid(to)) return fault(`an address in it is not one of ${protocol}`);
  const ports = [portOf(fromPort), portOf(toPort)] as const;
  if (ports[0] === undefined || ports[1] === undefined) {
    return fault('a port in it is no number from 0 to 65535');
  }
  return {
    kind: 'header',
    length,
    source: { address: person(from), port: ports[0] },
    destination: { address: person(to), port: ports[1] },
  };
}

function portOf(word: string | undefined): number | undefined {
  if (word === undefined || !/^(0|[1-9]\d{0,4})$/.test(word)) return undefined;
  const port = Number(word);
  return port <= 65535 ? port : undefined;
}

/** An IPv6 address has many spellings; limits are counted, and scripts compare, by one. */
function person(address: string): string {
  return plainAddress(isIPv4(address) ? address : new SocketAddress({ address, family: 'ipv6' }).address);
}

const FAMILIES: Readonly<Record<number, 4 | 16>> = { 17: 4, 33: 16 };
const UNSPECIFIED = 0x00;

/** Version 2: signature, version and command, family, length, addresses, then fields that are skipped. */
function readBinary(bytes: Uint8Array): ProxyHeader {
  const command = bytes[SIGNATURE.length];
  if (command === undefined) return INCOMPLETE;
  if (command >> 4 !== 2) return fault('its version is not 2');
  const local = command === 0x20;
  if (!local && command !== 0x21) return fault('its command is neither LOCAL nor PROXY');

  const family = bytes[SIGNATURE.length + 1];
  if (family === undefined) return INCOMPLETE;
  const size = FAMILIES[family];
  // A LOCAL connection is the sender's own (a health check), whatever the rest of its header says.
  const nameless = local || family === UNSPECIFIED;
  if (!nameless && size === undefined) return fault('it is for another protocol than TCP over IPv4 or IPv6');

  if (bytes.length < FIXED) return INCOMPLETE;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const block = view.getUint16(FIXED - 2);
  if (block > LONGEST_BLOCK) return fault(`it is longer than ${FIXED + LONGEST_BLOCK} bytes`);
  if (!nameless && block < 2 * size! + 4) return fault('it is too short for its addresses');

  const length = FIXED + block;
  if (bytes.length < length) return INCOMPLETE;
  if (nameless) return { kind: 'header', length };
  const ports = FIXED + 2 * size!;
  return {
    kind: 'header',
    length,
    source: { address: addressAt(view, FIXED, size!), port: view.getUint16(ports) },
    destination: { address: addressAt(view, FIXED + size!, size!), port: view.getUint16(ports + 2) },
  };
}

function addressAt(view: DataView, at: number, size: 4 | 16): string {
  if (size === 4) return [0, 1, 2, 3].map((place) => view.getUint8(at + place)).join('.');
  return person(
    [0, 2, 4, 6, 8, 10, 12, 14].map((place) => view.getUint16(at + place).toString(16)).join(':'),
  );
}
