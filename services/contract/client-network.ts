/** Who counts as one client: an address of IPv4; of IPv6 its /64, within which anyone has all addresses. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  return FOUR_GROUPS.exec(address)?.[0] ?? networkOfShortened(address);
}

const FOUR_GROUPS = /^(?:[0-9a-f]{1,4}:){3}[0-9a-f]{1,4}(?=:)/i;

/** Of an address that leaves zeros out among its first four groups. Source: RFC 4291 §2.2. */
function networkOfShortened(address: string): string {
  const [head = '', tail = ''] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const written = left.length + right.length + (tail.includes('.') ? 1 : 0);
  const zeros: string[] = Array(Math.max(0, 8 - written)).fill('0');
  return [...left, ...zeros, ...right].slice(0, 4).join(':');
}
