import type { RequestHandler } from 'express';
import { KitError } from '../../contract/errors.ts';
import { SECRET_HEADER } from '../../contract/internal.ts';
import type { KeySource } from './api-key-ring.ts';
import { apiKeyCheck } from './api-keys.ts';
import { clientAddressOf } from './client-of.ts';
import { FailedAttempts } from './failed-attempts.ts';
import { secretTest } from './internal-secret.ts';

/** Lets only the kit itself pass: loopback alone is never trusted. */
export function requireSecret(secret: string): RequestHandler {
  const isSecret = secretTest(secret);
  return (request, _response, next) => {
    if (!isSecret(request.get(SECRET_HEADER) ?? ''))
      throw new KitError('secret_missing', 'only the kit itself may call this service');
    next();
  };
}

/** Lets only holders of an API key pass; see `apiKeyCheck`. */
export function requireApiKey(
  keys: readonly string[] | KeySource,
  failures = new FailedAttempts(),
): RequestHandler {
  const demandApiKey = apiKeyCheck(keys);
  return (request, response, next) => {
    response.set('cache-control', 'no-store');
    failures.guard(clientAddressOf(request), () => demandApiKey(request.headers));
    next();
  };
}
