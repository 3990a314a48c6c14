import type { IncomingHttpHeaders } from 'node:http';
import { KitError } from '../contract/errors.ts';
import { secretTest } from './internal-secret.ts';

/**
 * A check that throws KitError `key_missing` or `key_invalid` unless a request carries one of the keys, as a bearer token, as
 * `X-Api-Key` or as the password of Basic authentication (for a browser that opens a page). Without keys, which the
 * config allows on loopback only, everyone may pass.
 */
export function apiKeyCheck(keys: readonly string[]): (headers: IncomingHttpHeaders) => void {
  const tests = keys.map(secretTest);
  return (headers) => {
    if (tests.length === 0) return;
    const given = givenKey(headers);
    if (given === undefined) throw new KitError('key_missing', 'the request carries no API key');
    // Every key is compared, so that the time tells nothing of which one came near.
    const matches = tests.filter((isKey) => isKey(given));
    if (matches.length === 0)
      throw new KitError('key_invalid', 'the API key is not one of those in API_KEYS');
  };
}

function givenKey(headers: IncomingHttpHeaders): string | undefined {
  const header = headers['x-api-key'];
  if (typeof header === 'string' && header !== '') return header;
  const [scheme = '', credentials = ''] = (headers.authorization ?? '').split(' ', 2);
  if (credentials === '') return undefined;
  if (scheme.toLowerCase() === 'bearer') return credentials;
  if (scheme.toLowerCase() !== 'basic') return undefined;
  const [, password] = Buffer.from(credentials, 'base64').toString('utf8').split(/:(.*)/s);
  return password === '' ? undefined : password;
}
