/** Addresses as a person writes them: an IPv4 client of an IPv6 socket is `10.0.0.5`, never `::ffff:10.0.0.5`. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  const plain =
    address.toLowerCase().startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
  const zone = plain.indexOf('%');
  return zone < 0 ? plain : plain.slice(0, zone);
}
