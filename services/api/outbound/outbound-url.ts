import { isIP } from 'node:net';
import { KitError } from '../../contract/errors.ts';
import { allowPublicAnd } from './public-address.ts';

/** Longer ones are no addresses but abuse; what browsers take at most. */
export const MAX_URL_CHARACTERS = 2_048;

const UNIX = /^unix\.?$/;

/** Why a text is no URL that may be called; undefined when it is one. Fit for the message of a field. */
export function faultOfUrl(text: string): string | undefined {
  if (text.length > MAX_URL_CHARACTERS) return `must be at most ${MAX_URL_CHARACTERS} characters long`;
  if (!URL.canParse(text)) return 'must be a URL such as https://example.com/path';
  const { protocol, hostname, username, password } = new URL(text);
  if (protocol !== 'http:' && protocol !== 'https:') return 'must begin with http:// or https://';
  // To some clients `http://unix:/path:/` is a socket file of this machine.
  if (UNIX.test(hostname)) return 'must name a host: unix is the name of none';
  return username === '' && password === '' ? undefined : 'must not carry a user name or a password';
}

/**
 * Throws KitError `address_refused` when the URL names an address, in any notation, that may not be called. Names are
 * not resolved here but when they are connected to: what they mean may change at any time.
 */
export function demandPublicLiteral(url: URL, allowNetworks: readonly string[]): void {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !allowPublicAnd(allowNetworks)(host))
    throw new KitError('address_refused', `${host} is not a public address`);
}
