import { isIP } from 'node:net';
import type { Address } from './dns-answer.ts';

/** The addresses of each name in `/etc/hosts`, by the name in lower case. Source: hosts(5). */
export function parseHosts(text: string): ReadonlyMap<string, readonly Address[]> {
  const hosts = new Map<string, Address[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    const family = isIP(address);
    if (family === 0) continue;
    for (const name of names.map((each) => each.toLowerCase()))
      hosts.set(name, [...(hosts.get(name) ?? []), { address, family }]);
  }
  return hosts;
}

const LOOPBACK: readonly Address[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/** The loopback addresses for `localhost` and names below it, which never go to DNS. Source: RFC 6761 §6.3. */
export function loopbackOf(name: string): readonly Address[] | undefined {
  return /^(?:.*\.)?localhost\.?$/.test(name) ? LOOPBACK : undefined;
}
