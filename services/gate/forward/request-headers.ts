import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { KitError } from '../../contract/errors.ts';
import { REQUEST_ID_HEADER, SECRET_HEADER } from '../../contract/internal.ts';
import type { Admitted } from '../admission/admit.ts';
import type { ClientInfo } from '../admission/client-info.ts';
import type { GateRoute } from '../contract/options.ts';
import { MAX_PASSES, VIA_NAME } from '../contract/via.ts';
import { endToEndHeaders, FROM_OUTSIDE } from './headers.ts';

/** The headers that an upstream gets: the client's end-to-end ones, then ours, which the client cannot name away. */
export function upstreamHeaders(
  request: IncomingMessage,
  admitted: Admitted,
  clientInfo: ClientInfo,
  route: GateRoute,
  secret: string,
): string[] {
  refuseLoop(request.headers.via);
  const headers = endToEndHeaders(request.rawHeaders, FROM_OUTSIDE);
  const host = admitted.host ?? route.service;
  const publicHost = clientInfo.host ?? host;
  headers.push('host', host, 'via', `${request.httpVersion} ${VIA_NAME}`);
  if (admitted.framing.contentLength > 0)
    headers.push('content-length', String(admitted.framing.contentLength));
  headers.push(
    'x-forwarded-for',
    clientInfo.forwardedFor,
    'x-forwarded-proto',
    clientInfo.protocol,
    'x-forwarded-host',
    publicHost,
    'x-forwarded-port',
    clientInfo.port ?? portOf(publicHost, clientInfo.protocol),
    'x-real-ip',
    clientInfo.clientAddress,
    'forwarded',
    `for=${forwardedNode(clientInfo.clientAddress)};host="${publicHost}";proto=${clientInfo.protocol}`,
    REQUEST_ID_HEADER,
    clientInfo.requestId,
    'traceparent',
    clientInfo.traceparent ?? newTraceparent(clientInfo.requestId),
  );
  if (clientInfo.tracestate !== undefined) headers.push('tracestate', clientInfo.tracestate);
  if (route.kit) headers.push(SECRET_HEADER, secret);
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
