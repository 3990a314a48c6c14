import type { ServerResponse } from 'node:http';
import { KitError } from '../../contract/errors.ts';
import { REQUEST_ID_HEADER } from '../../contract/internal.ts';
import { ALLOWED_METHODS } from '../contract/allowed-methods.ts';
import type { RequestContext } from '../request-context.ts';
import { writeHead } from './response-head.ts';

/** `/health/live`: the gate stands, whatever stands behind it. */
export function answerLive(
  context: RequestContext,
  response: ServerResponse,
  live: object,
  isLast: boolean,
): void {
  const { method } = context.request;
  if (method !== 'GET' && method !== 'HEAD')
    throw new KitError('method_refused', `${method} does not apply to this path`);
  const body = Buffer.from(JSON.stringify(live));
  context.service = 'gate';
  context.bytesOut = method === 'HEAD' ? 0 : body.length;
  const headers = [
    'content-type',
    'application/json',
    'content-length',
    String(body.length),
    'cache-control',
    'no-store',
  ];
  headers.push(REQUEST_ID_HEADER, context.clientInfo.requestId);
  if (isLast) {
    context.isLast = true;
    headers.push('connection', 'close');
  }
  writeHead(context, response, 200, 'OK', headers);
  response.end(body);
}

/** `OPTIONS *`: what the gate passes on, of anything. Source: RFC 9110 §9.3.7. */
export function answerOptions(context: RequestContext, response: ServerResponse): void {
  context.service = 'gate';
  const headers = ['allow', ALLOWED_METHODS, REQUEST_ID_HEADER, context.clientInfo.requestId];
  writeHead(context, response, 204, 'No Content', headers);
  response.end();
}
