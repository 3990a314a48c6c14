import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { REQUEST_ID_HEADER } from '../../contract/internal.ts';
import { REQUEST_ID, TRACEPARENT } from '../contract/client-identifiers.ts';
import { isValidHost } from './host.ts';

/** What is known of the client beyond the socket: believed from the proxies before the gate, else made here. */
export interface ClientInfo {
  readonly clientAddress: string;
  /** `clientAddress` first, then the proxies that are ours. */
  readonly forwardedFor: string;
  readonly protocol: string;
  readonly host: string | undefined;
  readonly port: string | undefined;
  readonly requestId: string;
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
}

/**
 * Believes `trustedProxyHops` proxies: each appends the address it saw, so the client is that many entries from the
 * right, and what stands further left is the client's own invention. Zero hops believe nothing.
 */
export function readClientInfo(request: IncomingMessage, trustedProxyHops: number): ClientInfo {
  const peer = withoutMapping(request.socket.remoteAddress ?? '');
  if (trustedProxyHops === 0) {
    return {
      clientAddress: peer,
      forwardedFor: peer,
      protocol: 'http',
      host: undefined,
      port: undefined,
      requestId: randomUUID(),
      traceparent: undefined,
      tracestate: undefined,
    };
  }
  const believed = believedAddresses(headerList(request, 'x-forwarded-for'), trustedProxyHops);
  const protocol = fromTheRight(headerList(request, 'x-forwarded-proto'), trustedProxyHops);
  const host = fromTheRight(headerList(request, 'x-forwarded-host'), trustedProxyHops);
  const port = fromTheRight(headerList(request, 'x-forwarded-port'), trustedProxyHops);
  const requestId = request.headers[REQUEST_ID_HEADER];
  const traceparent = headerText(request, 'traceparent');
  const hasTrace = traceparent !== undefined && TRACEPARENT.test(traceparent);
  return {
    clientAddress: believed[0] ?? peer,
    forwardedFor: [...believed, peer].join(', '),
    protocol: protocol === 'https' || protocol === 'wss' ? 'https' : 'http',
    host: host !== undefined && isValidHost(host) ? host : undefined,
    port: port !== undefined && /^[0-9]{1,5}$/.test(port) ? port : undefined,
    requestId: typeof requestId === 'string' && REQUEST_ID.test(requestId) ? requestId : randomUUID(),
    traceparent: hasTrace ? traceparent : undefined,
    tracestate: hasTrace ? headerText(request, 'tracestate') : undefined,
  };
}

/** Of the list, the entries that our own proxies wrote; cut at the first that is no address. */
function believedAddresses(list: readonly string[], hops: number): string[] {
  const believed: string[] = [];
  for (const entry of list.slice(-hops).reverse()) {
    const address = plainAddress(entry);
    if (isIP(address) === 0) break;
    believed.unshift(address);
  }
  return believed;
}

/** A proxy that overwrites leaves one entry, whatever the number of hops. */
function fromTheRight(list: readonly string[], hops: number): string | undefined {
  return list[Math.max(0, list.length - hops)];
}

function headerList(request: IncomingMessage, name: string): string[] {
  const text = headerText(request, name);
  return text === undefined || text === '' ? [] : text.split(',').map((entry) => entry.trim());
}

function headerText(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** An address without port, brackets or the IPv6 mapping of IPv4. */
function plainAddress(text: string): string {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  return withoutMapping(bare);
}

function withoutMapping(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address;
}
