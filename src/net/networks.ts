/**
 * Which addresses belong to a list of networks. An IPv4 address belongs to IPv4 networks only: Node's BlockList
 * alone would find every IPv4 address in `::/0`, and trust whoever the operator did not name.
 */
import { BlockList, isIP } from 'node:net';

/** From networks and single addresses (`10.0.0.0/8`, `fd00::/8`, `192.0.2.1`) to a test of plain addresses. */
export function belongsTo(networks: readonly string[]): (address: string) => boolean {
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const family = familyOf(address);
    if (prefix === undefined) lists[family].addAddress(address, family);
    else lists[family].addSubnet(address, Number(prefix), family);
  }
  // Asked of every connection, and most listeners trust nobody.
  if (networks.length === 0) return () => false;
  return (address) => {
    const family = familyOf(address);
    return lists[family].check(address, family);
  };
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6';
}
