import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { KitError } from '../../contract/errors.ts';
import { REQUEST_ID_HEADER, SECRET_HEADER } from '../../contract/internal.ts';
import type { Admitted } from '../admission/admit.ts';
import type { Edge } from '../admission/client-info.ts';
import type { GateRoute } from '../contract/options.ts';
import { endToEndHeaders, FROM_OUTSIDE, VIA_NAME } from './headers.ts';

/** How often a request may have passed gates of this name before it is a loop. Source: RFC 9110 §7.6.3. */
export const MAX_PASSES = 4;

/** The headers that an upstream gets: the client's end-to-end ones, then ours, which the client cannot name away. */
export function upstreamHeaders(
  request: IncomingMessage,
  admitted: Admitted,
  edge: Edge,
  route: GateRoute,
  secret: string,
): string[] {
  refuseLoop(request.headers.via);
  const headers = endToEndHeaders(request.rawHeaders, FROM_OUTSIDE);
  const host = admitted.host ?? route.service;
  const publicHost = edge.host ?? host;
  headers.push('host', host, 'via', `${request.httpVersion} ${VIA_NAME}`);
  if (admitted.framing.contentLength > 0)
    headers.push('content-length', String(admitted.framing.contentLength));
  headers.push(
    'x-forwarded-for',
    edge.forwardedFor,
    'x-forwarded-proto',
    edge.protocol,
    'x-forwarded-host',
    publicHost,
    'x-forwarded-port',
    edge.port ?? portOf(publicHost, edge.protocol),
    'x-real-ip',
    edge.clientAddress,
    'forwarded',
    `for=${forwardedNode(edge.clientAddress)};host="${publicHost}";proto=${edge.protocol}`,
    REQUEST_ID_HEADER,
    edge.requestId,
    'traceparent',
    edge.traceparent ?? newTraceparent(edge.requestId),
  );
  if (edge.tracestate !== undefined) headers.push('tracestate', edge.tracestate);
  if (route.internal) headers.push(SECRET_HEADER, secret);
  return headers;
}

function refuseLoop(via: string | undefined): void {
  if (via !== undefined && via.split(VIA_NAME).length > MAX_PASSES) {
    throw new KitError(
      'loop_detected',
      `the request has passed ${MAX_PASSES} gates of this name: it goes in a circle`,
    );
  }
}

function portOf(host: string, protocol: string): string {
  return /:(\d+)$/.exec(host)?.[1] ?? (protocol === 'https' ? '443' : '80');
}

/** Source: RFC 7239 §6. */
function forwardedNode(address: string): string {
  return address.includes(':') ? `"[${address}]"` : address || 'unknown';
}

/** Of the request id where it is a UUID, so that log and trace show one number; nothing is sampled here. */
function newTraceparent(requestId: string): string {
  const digits = requestId.replaceAll('-', '').toLowerCase();
  const traceId = /^[0-9a-f]{32}$/.test(digits) ? digits : randomUUID().replaceAll('-', '');
  return `00-${traceId}-${traceId.slice(16)}-00`;
}
