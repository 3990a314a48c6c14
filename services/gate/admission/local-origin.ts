import type { IncomingHttpHeaders } from 'node:http';
import { KitError } from '../../contract/errors.ts';
import { LOCAL_HOST } from '../contract/local-host.ts';

/**
 * Throws `origin_refused` for what a web page of another site can make a browser send to a gate on loopback that has
 * no key, DNS rebinding included: so a page the user merely visits cannot send messages. Upgrades come here too, as
 * browsers ask nobody before they open a WebSocket. Source: Fetch Metadata §2; RFC 6455 §10.2.
 */
export function requireLocalOrigin(
  method: string,
  host: string | undefined,
  headers: IncomingHttpHeaders,
): void {
  if (host === undefined || !isLocalHost(host)) {
    throw new KitError('origin_refused', 'the Host is not a name of this machine');
  }
  const { origin } = headers;
  if (origin !== undefined && !isLocalOrigin(origin)) {
    throw new KitError('origin_refused', 'the Origin is not a site on this machine');
  }
  if (headers['sec-fetch-site'] === 'cross-site' && !isTopLevelNavigation(method, headers)) {
    throw new KitError('origin_refused', 'a page of another site made this request');
  }
}

/** A link on any page may lead here: it reads nothing and changes nothing. A frame could be clicked through. */
function isTopLevelNavigation(method: string, headers: IncomingHttpHeaders): boolean {
  const target = headers['sec-fetch-dest'] ?? 'document';
  return method === 'GET' && headers['sec-fetch-mode'] === 'navigate' && target === 'document';
}

function isLocalOrigin(origin: string): boolean {
  const match = /^https?:\/\/(.+)$/i.exec(origin);
  return match?.[1] !== undefined && isLocalHost(match[1]);
}

function isLocalHost(host: string): boolean {
  return LOCAL_HOST.test(host);
}
