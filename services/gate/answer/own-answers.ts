import type { ServerResponse } from 'node:http';
import { KitError } from '../../contract/errors.ts';
import { REQUEST_ID_HEADER } from '../../contract/internal.ts';
import type { Visit } from '../request-context.ts';
import { ALLOWED_METHODS } from './problems.ts';
import { writeHead } from './response-head.ts';

/** `/health/live`: the gate stands, whatever stands behind it. */
export function answerLive(visit: Visit, response: ServerResponse, live: object, isLast: boolean): void {
  const { method } = visit.request;
  if (method !== 'GET' && method !== 'HEAD')
    throw new KitError('method_refused', `${method} does not apply to this path`);
  const body = Buffer.from(JSON.stringify(live));
  visit.service = 'gate';
  visit.bytesOut = method === 'HEAD' ? 0 : body.length;
  const headers = [
    'content-type',
    'application/json',
    'content-length',
    String(body.length),
    'cache-control',
    'no-store',
  ];
  headers.push(REQUEST_ID_HEADER, visit.edge.requestId);
  if (isLast) {
    visit.isLast = true;
    headers.push('connection', 'close');
  }
  writeHead(visit, response, 200, 'OK', headers);
  response.end(body);
}

/** `OPTIONS *`: what the gate passes on, of anything. Source: RFC 9110 §9.3.7. */
export function answerOptions(visit: Visit, response: ServerResponse): void {
  visit.service = 'gate';
  const headers = ['allow', ALLOWED_METHODS, REQUEST_ID_HEADER, visit.edge.requestId];
  writeHead(visit, response, 204, 'No Content', headers);
  response.end();
}
