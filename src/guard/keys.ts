/**
 * Under which names failed logins are counted. Whoever is given a whole network is one address, and a name is the
 * same user however it is written.
 */

export interface Keys {
  /** An IPv4 address, or the network of 64 bits that an IPv6 address is in: one household has all of them. */
  readonly address: string;
  readonly user: string;
  /** This user at this address. An address has no space in it, so that no name can pretend to be another pair. */
  readonly pair: string;
}

/** From an address as a person would write it, and a name as the client wrote it. */
export function keysOf(client: string, name: string): Keys {
  const address = client.includes(':') ? network64(client) : client;
  // Most servers take Alice for alice; one that does not counts the two together, which harms neither.
  const user = name.normalize('NFC').toLowerCase();
  return { address, user, pair: `${address} ${user}` };
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
