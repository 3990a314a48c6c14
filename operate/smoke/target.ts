import { isLoopback } from '#config';

/** A deployment, as it is reached from outside. */
export interface Target {
  readonly origin: string;
  readonly isSecure: boolean;
  /** Without the brackets of IPv6. */
  readonly hostname: string;
  readonly port: number;
  /** For the header Host. */
  readonly authority: string;
  /** It is this machine: what it opens on loopback is reachable from here, and from nowhere else. */
  readonly isHere: boolean;
}

/** It is no URL of a deployment; the message says why. */
export class UrlError extends Error {
  override readonly name = 'UrlError';
}

/** Throws UrlError for what is more or less than `https://host` or `http://host:port`. */
export function parseTarget(text: string): Target {
  if (!URL.canParse(text) || !/^https?:\/\//i.test(text))
    throw new UrlError(
      `${JSON.stringify(text)} is no URL: give the public one, such as https://app.example.com or http://localhost:8001`,
    );
  const url = new URL(text);
  // A password here would be a key in the list of processes.
  if (url.username !== '' || url.password !== '')
    throw new UrlError('the URL has a user or a password: give it without; the key is read from API_KEYS');
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    throw new UrlError(`${JSON.stringify(text)} has a path: the kit owns the whole host, give ${url.origin}`);
  const isSecure = url.protocol === 'https:';
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const defaultPort = isSecure ? 443 : 80;
  return {
    origin: url.origin,
    isSecure,
    hostname,
    port: url.port === '' ? defaultPort : Number(url.port),
    authority: url.host,
    isHere: isLoopback(hostname) || hostname.endsWith('.localhost'),
  };
}
