import type { IncomingMessage } from 'node:http';
import { KitError } from '../../contract/errors.ts';

/**
 * The one valid Host of a request; HTTP/1.0 may have none. Throws `host_invalid`.
 * Node keeps the first of two Hosts and checks none, hence `rawHeaders`. Source: RFC 9112 §3.2.
 */
export function readHost(request: IncomingMessage): string | undefined {
  let host: string | undefined;
  const { rawHeaders } = request;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length !== 4 || name.toLowerCase() !== 'host') continue;
    if (host !== undefined) throw new KitError('host_invalid', 'the request has more than one Host');
    host = rawHeaders[index + 1];
  }
  if (host === undefined && request.httpVersionMinor === 0) return undefined;
  if (host === undefined || !isValidHost(host)) {
    throw new KitError(
      'host_invalid',
      host === undefined ? 'the request has no Host' : 'the Host is not a name or name:port',
    );
  }
  return host;
}

export function isValidHost(host: string): boolean {
  const port = HOST.exec(host)?.[1];
  return port === undefined ? HOST.test(host) : Number(port) <= 65_535;
}

/** No label is empty: many servers refuse `a..b`, nginx among them, and no name resolves so. Source: RFC 1035 §2.3.1. */
const HOST = /^(?!.*\.\.)(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?$/;
