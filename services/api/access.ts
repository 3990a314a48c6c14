import type { RequestHandler } from 'express';
import { KitError } from '../contract/errors.ts';
import { SECRET_HEADER } from '../contract/internal.ts';
import { demandApiKey } from '../runtime/api-keys.ts';
import { secretsEqual } from '../runtime/internal-secret.ts';

/** Lets only the kit itself pass: loopback alone is never trusted. */
export function demandSecret(secret: string): RequestHandler {
  return (request, _response, next) => {
    const given = request.get(SECRET_HEADER) ?? '';
    if (!secretsEqual(given, secret)) throw new KitError('secret_missing', 'the api answers the gate alone');
    next();
  };
}

/** Lets only holders of an API key pass; see `demandApiKey`. */
export function demandKey(keys: readonly string[]): RequestHandler {
  return (request, response, next) => {
    response.set('cache-control', 'no-store');
    demandApiKey(request.headers, keys);
    next();
  };
}
