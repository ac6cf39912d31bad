/** Under which names failed logins are counted: what is one address, and what is one user. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keysOf } from '../../src/guard/keys.ts';

const addresses: Readonly<Record<string, string>> = {
  '192.0.2.7': '192.0.2.7',
  '2001:db8::7': '2001:db8:0:0::/64',
  '2001:DB8:0:0:1:2:3:4': '2001:db8:0:0::/64',
  '2001:0db8:0000:0001::1': '2001:db8:0:1::/64',
  '2001:db8:1:2:3:4:5:6': '2001:db8:1:2::/64',
  '2001:db8:1:2:3:4:5::': '2001:db8:1:2::/64',
  '::1': '0:0:0:0::/64',
  '1::': '1:0:0:0::/64',
  'fe80::1%eth0': 'fe80:0:0:0::/64',
  '64:ff9b::192.0.2.1': '64:ff9b:0:0::/64',
};

for (const [client, address] of Object.entries(addresses)) {
  test(`${client} is counted as ${address}`, () => {
    assert.equal(keysOf(client, 'alice').address, address);
  });
}

test('a user is the same user in any case, and with either spelling of an accent', () => {
  const spellings = ['José@Example.ORG', 'jose\u0301@example.org', 'JOSÉ@example.org'];
  assert.equal(new Set(spellings.map((name) => keysOf('192.0.2.7', name).named?.user)).size, 1);
});

const pairOf = (client: string, name: string): string => keysOf(client, name).named?.pair ?? '';

test('no name makes one pair look like another', () => {
  assert.notEqual(
    pairOf('192.0.2.7', '192.0.2.8 alice'),
    pairOf('192.0.2.7 192.0.2.8', 'alice').replace('192.0.2.7 ', ''),
  );
  assert.match(pairOf('192.0.2.7', 'x 192.0.2.8'), /^192\.0\.2\.7 x /);
});
