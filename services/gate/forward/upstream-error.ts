import { KitError } from '../../contract/errors.ts';
import { serviceSilent } from '../contract/service-problems.ts';

/** The answer to what went wrong with an upstream: it names the service, and no address of it. */
export function upstreamProblem(service: string, thrown: unknown): KitError {
  if (thrown instanceof KitError) return thrown;
  const code = errorCode(thrown);
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    return serviceSilent(service, { cause: thrown });
  }
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED') {
    return new KitError('request_malformed', 'a header of the request has a character that none may have', {
      cause: thrown,
    });
  }
  return new KitError('service_refused', `${service} broke off the exchange (${code ?? 'no reason given'})`, {
    cause: thrown,
  });
}

/** The answer to a response that HTTP does not allow. `cause` goes into the log, and not to the client. */
export function invalidResponse(service: string, fault: string, cause: unknown): KitError {
  return new KitError('service_refused', `${service} sent ${fault}: HTTP does not allow that`, { cause });
}

/** Whether a connection ended without an answer, as one does that the upstream closed while it was idle. */
export function isClosedConnection(thrown: unknown): boolean {
  const code = errorCode(thrown);
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
}

/** Whether undici would not even try: the fault is in the request, and no wait helps. */
export function isUnsendable(thrown: unknown): boolean {
  const code = errorCode(thrown);
  return code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED';
}

function errorCode(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string'
    ? thrown.code
    : undefined;
}
