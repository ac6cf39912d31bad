/** PROXY headers, valid and broken, whole and at every cut. The bytes are written out by hand. */
import assert from 'node:assert/strict';
import { isIPv4, SocketAddress } from 'node:net';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { plainAddress } from '../../src/net/address.ts';
import { belongsTo } from '../../src/net/networks.ts';
import { type ProxyHeader, readProxyHeader } from '../../src/net/proxy-header.ts';
import { localProxyHeader, writeProxyHeader } from '../../src/net/proxy-header-writer.ts';

const SIGNATURE = '0d0a0d0a000d0a515549540a';
const MAPPED = '00000000000000000000ffff';
const text = (line: string): Buffer => Buffer.from(line, 'latin1');
const binary = (hex: string): Buffer => Buffer.from(`${SIGNATURE}${hex}`.replaceAll(' ', ''), 'hex');

type Known = readonly [from: string, fromPort: number, to: string, toPort: number];

const valid: readonly (readonly [name: string, header: Buffer, ends?: Known])[] = [
  ['1: TCP4', text('PROXY TCP4 192.0.2.7 198.51.100.1 56324 993\r\n'), ['192.0.2.7', 56324, '198.51.100.1', 993]],
  ['1: the least and the greatest', text('PROXY TCP4 0.0.0.0 255.255.255.255 0 65535\r\n'), ['0.0.0.0', 0, '255.255.255.255', 65535]],
  ['1: TCP6', text('PROXY TCP6 2001:db8::7 2001:db8::1 56324 143\r\n'), ['2001:db8::7', 56324, '2001:db8::1', 143]],
  ['1: TCP6 spelt otherwise', text('PROXY TCP6 2001:0DB8:0:0:0:0:0:7 ::1 1 143\r\n'), ['2001:db8::7', 1, '::1', 143]],
  ['1: IPv4 in IPv6', text('PROXY TCP6 ::ffff:10.0.0.5 ::FFFF:0a00:0001 1 143\r\n'), ['10.0.0.5', 1, '10.0.0.1', 143]],
  ['1: UNKNOWN', text('PROXY UNKNOWN\r\n')],
  ['1: UNKNOWN and something', text('PROXY UNKNOWN ffff:f...f:ffff ? 65535 65535\r\n')],
  ['1: the longest line', text(`PROXY UNKNOWN ${'x'.repeat(91)}\r\n`)],
  ['2: TCP4', binary('21 11 000c c0000207 c6336401 dc04 03e1'), ['192.0.2.7', 56324, '198.51.100.1', 993]],
  ['2: TCP6', binary('21 21 0024 20010db8000000000000000000000007 20010db8000000000000000000000001 dc04 008f'), ['2001:db8::7', 56324, '2001:db8::1', 143]],
  ['2: IPv4 in IPv6', binary(`21 21 0024 ${MAPPED}0a000005 ${MAPPED}0a000001 0001 008f`), ['10.0.0.5', 1, '10.0.0.1', 143]],
  ['2: fields behind the addresses', binary('21 11 0014 c0000207 c6336401 dc04 03e1 05 0005 aabbccddee'), ['192.0.2.7', 56324, '198.51.100.1', 993]],
  ['2: as many fields as may be', binary(`21 11 1000 c0000207 c6336401 dc04 03e1${'00'.repeat(4084)}`), ['192.0.2.7', 56324, '198.51.100.1', 993]],
  ['2: LOCAL', binary('20 00 0000')],
  ['2: LOCAL with addresses, which count for nothing', binary('20 11 000c c0000207 c6336401 dc04 03e1')],
  ['2: LOCAL of a family that nobody knows', binary('20 ff 0002 aabb')],
  ['2: unspecified', binary('21 00 0000')],
  ['2: unspecified, with a block', binary('21 00 0003 aabbcc')],
]; // biome-ignore format: a table reads better short

const broken: readonly (readonly [name: string, bytes: Buffer, message: RegExp])[] = [
  ['IMAP', text('a1 NOOP\r\n'), /begins with other bytes/],
  ['TLS', Buffer.from('160301', 'hex'), /begins with other bytes/],
  ['lower case', text('proxy TCP4 192.0.2.7 198.51.100.1 1 993\r\n'), /begins with other bytes/],
  ['nothing but CRLF', text('\r\n\r\n\r\n'), /begins with other bytes/],
  ['1: a protocol that is none', text('PROXY TCP5 192.0.2.7 198.51.100.1 1 993\r\n'), /another protocol/],
  ['1: UDP4', text('PROXY UDP4 192.0.2.7 198.51.100.1 1 993\r\n'), /another protocol/],
  ['1: no protocol', text('PROXY \r\n'), /another protocol/],
  ['1: UNKNOWNX', text('PROXY UNKNOWNX\r\n'), /another protocol/],
  ['1: two spaces', text('PROXY TCP4  192.0.2.7 198.51.100.1 1 993\r\n'), /two addresses and two ports/],
  ['1: a space at the end', text('PROXY TCP4 192.0.2.7 198.51.100.1 1 993 \r\n'), /two addresses and two ports/],
  ['1: a port too few', text('PROXY TCP4 192.0.2.7 198.51.100.1 993\r\n'), /two addresses and two ports/],
  ['1: IPv6 as TCP4', text('PROXY TCP4 ::1 ::1 1 993\r\n'), /not one of TCP4/],
  ['1: IPv4 as TCP6', text('PROXY TCP6 192.0.2.7 198.51.100.1 1 993\r\n'), /not one of TCP6/],
  ['1: a zone', text('PROXY TCP6 fe80::1%eth0 ::1 1 993\r\n'), /not one of TCP6/],
  ['1: leading zeros in an address', text('PROXY TCP4 192.000.2.7 198.51.100.1 1 993\r\n'), /not one of TCP4/],
  ['1: a port with a leading zero', text('PROXY TCP4 192.0.2.7 198.51.100.1 01 993\r\n'), /0 to 65535/],
  ['1: a port too great', text('PROXY TCP4 192.0.2.7 198.51.100.1 1 65536\r\n'), /0 to 65535/],
  ['1: a port below', text('PROXY TCP4 192.0.2.7 198.51.100.1 -1 993\r\n'), /0 to 65535/],
  ['1: a bare LF ends no line', text('PROXY TCP4 192.0.2.7 198.51.100.1 1 993\na NOOP\r\n'), /two addresses|0 to 65535/],
  ['1: a bare CR ends no line', text('PROXY TCP4 192.0.2.7 198.51.100.1 1 993\r\r\n'), /0 to 65535/],
  ['1: a byte too long', text(`PROXY UNKNOWN ${'x'.repeat(92)}\r\n`), /longer than 107/],
  ['2: version 1', binary('11 11 000c c0000207 c6336401 dc04 03e1'), /version is not 2/],
  ['2: a command that is none', binary('22 11 000c c0000207 c6336401 dc04 03e1'), /neither LOCAL nor PROXY/],
  ['2: UDP', binary('21 12 000c c0000207 c6336401 dc04 03e1'), /another protocol/],
  ['2: a Unix socket', binary(`21 31 00d8${'00'.repeat(216)}`), /another protocol/],
  ['2: no family, but a stream', binary('21 01 0000'), /another protocol/],
  ['2: too short for IPv4', binary('21 11 000b c0000207 c6336401 dc04 03'), /too short/],
  ['2: too short for IPv6', binary('21 21 000c c0000207 c6336401 dc04 03e1'), /too short/],
  ['2: too long, said at once', binary('21 11 1001'), /longer than 4112/],
  ['2: too long, LOCAL', binary('20 00 ffff'), /longer than 4112/],
]; // biome-ignore format: a table reads better short

/** Reads after every byte, as if each came alone, until there is a verdict. */
function byteByByte(bytes: Buffer): { verdict: ProxyHeader; after: number } {
  for (let end = 0; end <= bytes.length; end++) {
    const verdict = readProxyHeader(bytes.subarray(0, end));
    if (verdict.kind !== 'incomplete') return { verdict, after: end };
  }
  return { verdict: { kind: 'incomplete' }, after: bytes.length };
}

describe('valid PROXY headers', () => {
  for (const [name, header, ends] of valid) {
    test(name, () => {
      const known = ends && {
        source: { address: ends[0], port: ends[1] },
        destination: { address: ends[2], port: ends[3] },
      };
      const expected = { kind: 'header', length: header.length, ...known };
      for (const behind of ['', 'a1 LOGIN alice x\r\n', 'PROXY UNKNOWN\r\n', '\r\n']) {
        assert.deepEqual(readProxyHeader(Buffer.concat([header, text(behind)])), expected, behind);
      }
      assert.deepEqual(byteByByte(header), { verdict: expected, after: header.length });
    });
  }
});

describe('what is no PROXY header', () => {
  for (const [name, bytes, message] of broken) {
    test(name, () => {
      const verdict = readProxyHeader(bytes);
      assert.equal(verdict.kind, 'fault');
      assert.match(verdict.message, message);
      const cut = byteByByte(Buffer.concat([bytes, text('a1 NOOP\r\n')]));
      assert.deepEqual(cut.verdict, verdict);
      assert.ok(cut.after <= bytes.length, `${cut.after} bytes were waited for`);
    });
  }
});

describe('written PROXY headers', () => {
  const end = (address: string, port: number) => ({ address, port });
  const table: readonly (readonly [name: string, from: [string, number], to: [string, number], hex: string])[] = [
    ['IPv4', ['192.0.2.7', 56324], ['198.51.100.1', 993], '21 11 000c c0000207 c6336401 dc04 03e1'],
    ['IPv6', ['2001:db8::7', 56324], ['2001:db8::1', 143], '21 21 0024 20010db8000000000000000000000007 20010db8000000000000000000000001 dc04 008f'],
    ['the shortest and a full one', ['::', 0], ['1:23:456:789a:b:c:d:e', 65535], '21 21 0024 00000000000000000000000000000000 000100230456789a000b000c000d000e 0000 ffff'],
    ['zeros at the end', ['fe80::', 1], ['::1', 2], '21 21 0024 fe800000000000000000000000000000 00000000000000000000000000000001 0001 0002'],
    ['an IPv4 tail', ['::1.2.3.4', 1], ['64:ff9b::192.0.2.1', 2], '21 21 0024 00000000000000000000000001020304 0064ff9b0000000000000000c0000201 0001 0002'],
    ['a client with IPv4 at an IPv6 address', ['10.0.0.5', 1], ['2001:db8::1', 143], `21 21 0024 ${MAPPED}0a000005 20010db8000000000000000000000001 0001 008f`],
    ['and the other way', ['2001:db8::1', 1], ['10.0.0.5', 143], `21 21 0024 20010db8000000000000000000000001 ${MAPPED}0a000005 0001 008f`],
  ]; // biome-ignore format: a table reads better short
  for (const [name, from, to, hex] of table) {
    test(name, () => {
      assert.equal(writeProxyHeader(end(...from), end(...to)).toString('hex'), binary(hex).toString('hex'));
    });
  }

  test('the reader finds nobody in a header of our own connections', () => {
    assert.equal(localProxyHeader.toString('hex'), binary('20 00 0000').toString('hex'));
    const expected = { kind: 'header', length: localProxyHeader.length };
    assert.deepEqual(readProxyHeader(Buffer.concat([localProxyHeader, text('* OK')])), expected);
  });

  test('the reader reads what was written, of all addresses and ports', () => {
    const address = fc.oneof(fc.ipV4(), fc.ipV6());
    const port = fc.integer({ min: 0, max: 65_535 });
    fc.assert(
      fc.property(address, port, address, port, (from, fromPort, to, toPort) => {
        const source = end(inOneSpelling(from), fromPort);
        const destination = end(inOneSpelling(to), toPort);
        const header = writeProxyHeader(source, destination);
        const expected = { kind: 'header', length: header.length, source, destination };
        assert.deepEqual(readProxyHeader(Buffer.concat([header, text('* OK')])), expected);
      }),
    );
  });
});

/** As the system spells it, and as a person writes it. */
function inOneSpelling(address: string): string {
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  return plainAddress(new SocketAddress({ address, family }).address);
}

test('networks: an IPv4 address is found in IPv4 networks only', () => {
  const table: readonly (readonly [networks: string[], inside: string[], outside: string[]])[] = [
    [['10.0.0.0/8'], ['10.0.0.0', '10.255.255.255'], ['11.0.0.0', '::a00:1', '9.255.255.255']],
    [['fd00::/8'], ['fd00::1', 'fdff::'], ['fe00::', '10.0.0.1']],
    [
      ['192.0.2.1', '::1'],
      ['192.0.2.1', '::1'],
      ['192.0.2.2', '::2'],
    ],
    [['0.0.0.0/0'], ['192.0.2.1'], ['::1']],
    [['::/0'], ['2001:db8::1'], ['192.0.2.1']],
    [[], [], ['127.0.0.1', '::1', '']],
  ];
  for (const [networks, inside, outside] of table) {
    const belongs = belongsTo(networks);
    for (const address of inside) assert.equal(belongs(address), true, `${address} in ${networks}`);
    for (const address of outside.filter(Boolean)) {
      assert.equal(belongs(address), false, `${address} in ${networks}`);
    }
  }
});
