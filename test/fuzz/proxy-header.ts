/**
 * The PROXY header, alone: valid ones with a client's bytes behind them, and damaged ones, cut anywhere.
 */
import { type ProxyHeader, readProxyHeader } from '../../src/net/proxy-header.ts';
import { broken, bytesOf, shown } from './broken.ts';
import type { Random } from './random.ts';

const addresses = [
  '192.0.2.1',
  '2001:db8::1',
  '::ffff:10.0.0.5',
  '0.0.0.0',
  '::',
  '1.2.3.256',
  'fe80::1%a',
  '',
];
const behind = [
  '',
  'a NOOP\r\n',
  '\x16\x03\x01',
  '\r\n',
  'PROXY UNKNOWN\r\n',
  '\r\n\r\n\0\r\nQUIT\n',
] as const;

function text(random: Random): string {
  const protocol = random.pick(['TCP4', 'TCP6', 'UNKNOWN', 'UDP4', '']);
  const port = () => random.pick(['0', '143', '65535', '65536', '0143', '-1', '']);
  const words = [protocol, random.pick(addresses), random.pick(addresses), port(), port()];
  const line = `PROXY ${words.slice(0, 5 - (random.chance(10) ? random.below(5) : 0)).join(' ')}`;
  return `${line}${random.chance(5) ? 'x'.repeat(random.below(110)) : ''}${random.chance(5) ? '\n' : '\r\n'}`;
}

function binary(random: Random): string {
  const command = random.pick(['\x21', '\x20', '\x11', '\x22']);
  const family = random.pick(['\x11', '\x21', '\0', '\x12', '\x31', '\xff']);
  const length = random.pick([12, 36, 0, 11, 35, 216, 4096, 4097, 65_535]);
  let block = '';
  for (let at = Math.min(length, 36); at > 0; at--) block += String.fromCharCode(random.below(256));
  const size = String.fromCharCode(length >> 8, length & 255);
  return `\r\n\r\n\0\r\nQUIT\n${command}${family}${size}${block.padEnd(Math.min(length, 4097), '\0')}`;
}

function input(random: Random): string {
  let header = random.chance(50) ? binary(random) : text(random);
  if (random.chance(30)) {
    const at = random.below(header.length);
    const byte = random.chance(50) ? String.fromCharCode(random.below(256)) : '';
    header = header.slice(0, at) + byte + header.slice(at + 1);
  }
  if (random.chance(10)) header = header.slice(0, random.below(header.length + 1));
  return header + random.pick(behind);
}

/** One input. `note` is told what was tried. */
export function proxyHeaderInput(random: Random, note: (line: string) => void): void {
  const all = input(random);
  note(shown(all));
  const bytes = bytesOf(all);
  const whole = readProxyHeader(bytes);
  const verdict = JSON.stringify(whole);
  if (whole.kind === 'header' && whole.length > bytes.length)
    broken('no more than there is', `${whole.length} of ${bytes.length} bytes`);
  let first: ProxyHeader = { kind: 'incomplete' };
  for (let end = 0; end <= bytes.length && first.kind === 'incomplete'; ) {
    first = readProxyHeader(bytes.subarray(0, end));
    if (first.kind === 'header' && first.length > end)
      broken('no more than there is', `${first.length} of ${end} bytes`);
    if (end === bytes.length) break;
    end = Math.min(bytes.length, end + 1 + random.below(random.pick([1, 8, 500])));
  }
  if (JSON.stringify(first) !== verdict)
    broken('splits change nothing', `whole: ${verdict}; cut: ${JSON.stringify(first)}`);
  if (whole.kind !== 'header') return;
  const exact = JSON.stringify(readProxyHeader(bytes.subarray(0, whole.length)));
  if (exact !== verdict) broken('what is behind changes nothing', `with it: ${verdict}; without: ${exact}`);
  if (readProxyHeader(bytes.subarray(0, whole.length - 1)).kind !== 'incomplete')
    broken('a header is exactly its own bytes', `one byte less than ${verdict}`);
}
