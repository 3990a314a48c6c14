import type { IncomingMessage } from 'node:http';
import { KitError } from '../../contract/errors.ts';
import { HEALTH_PATH, LIVE_PATH } from '../contract/health-paths.ts';
import type { GateOptions } from '../contract/options.ts';
import { type Framing, readFraming } from './framing.ts';
import { readHost } from './host.ts';
import { requireLocalOrigin } from './local-origin.ts';
import { type RequestTarget, readTarget } from './request-target.ts';
import { isBelow } from './route.ts';

/** A request that may be routed: nothing in it can be read in two ways. */
export interface Admitted extends RequestTarget {
  readonly host: string | undefined;
  readonly framing: Framing;
}

/**
 * The one gate-keeper of requests and upgrades alike. Throws the KitError that answers a request which the upstream,
 * or a proxy before us, could read otherwise than we do. Source: RFC 9112 §3 and §6; the vectors stand in test/conformance/gate/admission/refusals.test.ts.
 */
export function admit(request: IncomingMessage, options: AdmissionOptions): Admitted {
  const method = request.method ?? '';
  if (method === 'TRACE' || method === 'CONNECT') {
    throw new KitError('method_refused', `${method} is never forwarded`);
  }
  if (request.httpVersionMajor !== 1) {
    throw new KitError('request_malformed', `HTTP/${request.httpVersion} is not spoken here`);
  }
  const framing = readFraming(request);
  const host = readHost(request);
  const target = readTarget(method, request.url ?? '', host);
  requireAllowedPath(target.path, options.deniedPrefixes);
  if (options.localOnly && target.path !== HEALTH_PATH && target.path !== LIVE_PATH) {
    requireLocalOrigin(method, host, request.headers);
  }
  requireKnownExpectation(request);
  return { ...target, host, framing };
}

export type AdmissionOptions = Pick<GateOptions, 'deniedPrefixes' | 'localOnly'>;

/** By name and in any case, though no route leads there: Express would serve `/INTERNAL` as `/internal`. */
function requireAllowedPath(path: string, deniedPrefixes: readonly string[]): void {
  const lower = path.toLowerCase();
  for (const prefix of deniedPrefixes) {
    if (isBelow(lower, prefix.toLowerCase()))
      throw new KitError('route_unknown', 'no service answers this path');
  }
}

function requireKnownExpectation(request: IncomingMessage): void {
  const { expect } = request.headers;
  if (expect !== undefined && expect.toLowerCase() !== '100-continue') {
    throw new KitError('expectation_failed', 'the request expects something other than 100-continue');
  }
}
