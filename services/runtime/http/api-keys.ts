import type { IncomingHttpHeaders } from 'node:http';
import { KitError } from '../../contract/errors.ts';
import type { KeySource } from './api-key-ring.ts';
import { type SecretTest, secretTest } from './internal-secret.ts';

/**
 * A check that throws KitError `key_missing`, `key_invalid` or `origin_refused` unless a request carries one of the keys, as a bearer token, as
 * `X-Api-Key` or as the password of Basic authentication (for a browser that opens a page). Without keys, which the
 * config allows on loopback only, everyone may pass.
 */
export function apiKeyCheck(keys: readonly string[] | KeySource): (headers: IncomingHttpHeaders) => void {
  const source = 'current' in keys ? keys : { current: () => keys, isAsked: keys.length > 0 };
  let known: readonly string[] = [];
  let tests: readonly SecretTest[] = [];
  return (headers) => {
    if (!source.isAsked) return;
    const current = source.current();
    if (current !== known) tests = current.map(secretTest);
    known = current;
    const given = givenKey(headers);
    if (given === undefined) throw new KitError('key_missing', 'the request carries no API key');
    // Every key is compared, so that the time tells nothing of which one came near.
    const matches = tests.filter((isKey) => isKey(given));
    if (matches.length === 0)
      throw new KitError('key_invalid', 'the API key is not one of those in API_KEYS or API_KEYS_FILE');
  };
}

function givenKey(headers: IncomingHttpHeaders): string | undefined {
  const header = headers['x-api-key'];
  if (typeof header === 'string' && header !== '') return header;
  const [scheme = '', credentials = ''] = (headers.authorization ?? '').split(' ', 2);
  if (credentials === '') return undefined;
  if (scheme.toLowerCase() === 'bearer') return credentials;
  if (scheme.toLowerCase() !== 'basic') return undefined;
  refuseForeignPage(headers);
  const [, password] = Buffer.from(credentials, 'base64').toString('utf8').split(/:(.*)/s);
  return password === '' ? undefined : password;
}

/**
 * A browser that knows a password sends it along with whatever a page of another site makes it send. Such a request
 * has an `Origin`, unless it only reads. Throws KitError `origin_refused`.
 */
function refuseForeignPage({ origin, host }: IncomingHttpHeaders): void {
  if (origin === undefined || origin.replace(/^https?:\/\//, '') === host) return;
  throw new KitError(
    'origin_refused',
    `a page of ${origin} may not use the key that a browser keeps for this kit`,
  );
}
