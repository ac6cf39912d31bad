/**
 * Addresses as a person writes them, and as they are counted. What always holds: whatever is limited for each address
 * is counted by `countedAddress`, so that no limit can be got round where another holds.
 */

/** An address as a person writes it: an IPv4 client of an IPv6 socket is `10.0.0.5`, never `::ffff:10.0.0.5`. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  const plain =
    address.toLowerCase().startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
  const zone = plain.indexOf('%');
  return zone < 0 ? plain : plain.slice(0, zone);
}

/**
 * What a client with such a plain address is counted as: an IPv4 address, or the network of 64 bits that an IPv6
 * address is in, `2001:db8:1:2::/64`, for one household has all of its addresses.
 */
export function countedAddress(plain: string): string {
  return plain.includes(':') ? network64(plain) : plain;
}

/** `2001:DB8::7` → `2001:db8:0:0::/64`. A zone (`%eth0`) is on the other side of what is kept. */
function network64(address: string): string {
  const [head = '', tail] = address.toLowerCase().split('::');
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  const left = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array<string>(Math.max(0, left)).fill('0'), ...after];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}

/** An IPv4 tail (`::ffff:192.0.2.1`) stands for two groups, neither of them among the first four. */
function groupsOf(part: string): string[] {
  return part.split(':').flatMap((group) => (group === '' ? [] : group.includes('.') ? ['0', '0'] : [group]));
}
