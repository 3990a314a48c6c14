import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { KitError } from '../../contract/errors.ts';
import type { CheckedAgents } from './checked-agents.ts';

export interface PublicRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For all of it, the body of the answer included. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface PublicAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The body, unpacked; to be read to its end, or destroyed. */
  readonly body: Readable;
}

/**
 * One request, exactly one: nothing is followed, nothing repeated. Rejects with KitError `address_refused`, or with the
 * error of got (`code` as Node's own, `ETIMEDOUT` for the deadline, `ABORT_ERR`).
 */
export async function requestPublic(agents: CheckedAgents, request: PublicRequest): Promise<PublicAnswer> {
  // Loaded when something is first called: most kits never do.
  const { default: got } = await import('got');
  const { method, url, headers, body, timeoutMs, signal } = request;
  const stream = got.stream(url, {
    method,
    headers: { 'user-agent': 'Gatehouse', 'accept-encoding': 'identity', ...headers },
    agent: { http: agents.http, https: agents.https },
    followRedirect: false,
    // A URL must never mean a file of this machine.
    enableUnixSockets: false,
    throwHttpErrors: false,
    retry: { limit: 0 },
    timeout: { request: timeoutMs },
    ...(body === undefined ? {} : { body }),
    ...(signal === undefined ? {} : { signal }),
  });
  return new Promise((resolve, reject) => {
    // Stays for good: what breaks later is told to whoever reads the body.
    stream.on('error', (error) => reject(refusalWithin(error) ?? error));
    stream.once('response', ({ statusCode, headers }) =>
      resolve({ status: statusCode, headers, body: stream }),
    );
  });
}

/**
 * Whether a request failed because the other side had just closed the kept connection on which it went out: nothing was
 * read of it, as a rule, and on a new connection it will fare better.
 */
export function brokeOnReuse(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error) || !('request' in error)) return false;
  const { code, request } = error;
  const isReused =
    typeof request === 'object' &&
    request !== null &&
    'reusedSocket' in request &&
    request.reusedSocket === true;
  return isReused && (code === 'ECONNRESET' || code === 'EPIPE');
}

function refusalWithin(error: unknown): KitError | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof KitError) return cause;
  return undefined;
}
