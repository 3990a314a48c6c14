import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Whether an IP address, in any notation of it, may be called. */
export type AddressCheck = (address: string) => boolean;

/** All that is assigned for the public so far; the rest of IPv6 is refused. Source: IANA, ipv6-address-space. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');
/** How IPv4 looks on networks that have IPv6 alone. Source: RFC 6052 §2.1. */
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');
/** By its number public, but it is the host under every machine at Azure, and answers to any of them with secrets. */
const AZURE_HOST = '168.63.129.16';

/**
 * Takes global unicast addresses and those of the networks given (`10.1.0.0/16`); refuses all else: private, loopback,
 * link-local and so the metadata of clouds, carrier-grade NAT, multicast, documentation, tunnels. An IPv4 address within
 * an IPv6 one is judged as what it is.
 */
export function allowPublicAnd(networks: readonly string[]): AddressCheck {
  const allowed = networks.map((network) => ipaddr.parseCIDR(network));
  return (text) => {
    const asWritten = parse(text);
    if (asWritten === undefined) return false;
    const meant = withinIt(asWritten);
    return isPublic(meant) || allowed.some((network) => isIn(network, meant) || isIn(network, asWritten));
  };
}

/**
 * IPv6 in hexadecimal first, by the URL parser: ipaddr.js takes `::1.2.3.4` for `::ffff:1.2.3.4`, the kernel does not. A
 * zone (`fe80::1%eth0`) has no place in a URL.
 */
function parse(text: string): Address | undefined {
  if (isIP(text) !== 6) return isIP(text) === 4 ? ipaddr.IPv4.parse(text) : undefined;
  const url = `http://[${text}]`;
  return URL.canParse(url) ? ipaddr.IPv6.parse(new URL(url).hostname.slice(1, -1)) : undefined;
}

function withinIt(address: Address): Address {
  if (address instanceof ipaddr.IPv4) return address;
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  return address.match(NAT64) ? new ipaddr.IPv4(address.toByteArray().slice(-4)) : address;
}

function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  return address instanceof ipaddr.IPv6 ? address.match(GLOBAL_UNICAST) : address.toString() !== AZURE_HOST;
}

function isIn([network, bits]: [Address, number], address: Address): boolean {
  return network.kind() === address.kind() && address.match(network, bits);
}
