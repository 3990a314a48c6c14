import type { Dispatcher } from 'undici';
import type { Admitted } from '../admission/admit.ts';
import { type Framing, hasBody } from '../admission/framing.ts';
import { catchFaults } from '../catch-faults.ts';
import type { GateRoute } from '../contract/options.ts';
import { serviceSilent } from '../contract/service-problems.ts';
import { Exchange, type ExchangeParts } from './exchange.ts';
import { bodyTooLarge, RequestBody } from './request-body.ts';
import { upstreamHeaders } from './request-headers.ts';

/** Sends an admitted request to its upstream and the answer back, both as they come. Throws what is wrong beforehand. */
export function forwardRequest(parts: ExchangeParts, admitted: Admitted): void {
  const { options, context, route } = parts;
  const { limits, secret } = options;
  const maxBodyBytes = route.maxBodyBytes ?? limits.maxBodyBytes;
  if (admitted.framing.contentLength > maxBodyBytes) throw bodyTooLarge(maxBodyBytes);
  const body = hasBody(admitted.framing) ? new RequestBody(context, maxBodyBytes) : null;
  const dispatch: Dispatcher.DispatchOptions = {
    path: admitted.target,
    method: context.request.method ?? 'GET',
    headers: upstreamHeaders(context.request, admitted, context.clientInfo, route, secret),
    body,
    headersTimeout: limits.upstreamTimeoutMs,
    bodyTimeout: limits.idleTimeoutMs,
    ...(mayReuseConnection(admitted.framing, route) ? {} : { reset: true }),
  };
  const exchange = new Exchange(parts, dispatch, body);
  exchange.start();
  limitSilence(exchange, parts);
}

/** Ends an exchange whose route has a limit of its own. undici's limits are coarse, and there is one for each step. */
function limitSilence(exchange: Exchange, { route, response }: ExchangeParts): void {
  const { service, silence } = route;
  if (silence === undefined) return;
  const giveUp = () => {
    if (!response.headersSent) exchange.giveUp(serviceSilent(service, undefined, silence.code));
  };
  const timer = setTimeout(
    catchFaults((thrown) => exchange.onFault(thrown), giveUp),
    silence.afterMs,
  );
  response.once('close', () => clearTimeout(timer));
}

/**
 * Whether other requests may follow this one on its connection. A service that leaves a body unread takes it for the
 * next request, and the next client gets the answer to it (test: reuse). Only kit services are known to read bodies.
 * A chunked body may also end elsewhere for the upstream than for us (CVE-2026-29057).
 */
function mayReuseConnection(framing: Framing, { kit }: GateRoute): boolean {
  return !hasBody(framing) || (kit && !framing.chunked);
}
