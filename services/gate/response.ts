import type { ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import { REQUEST_ID_HEADER } from '../contract/internal.ts';
import { endToEndHeaders, FROM_UPSTREAM, VIA_NAME } from './headers.ts';
import type { Visit } from './visit.ts';

/** Passes on a 1xx response, which HTTP/1.0 does not know. Source: RFC 9110 §15.2. */
export function writeInterim(visit: Visit, response: ServerResponse, status: number, raw: RawHeaders): void {
  if (visit.request.httpVersionMinor === 0 || response.headersSent) return;
  response.writeInformation(status, endToEndHeaders(textOf(raw), FROM_UPSTREAM));
}

/** Writes the head of a response as the upstream gave it, less what ends here. */
export function writeHead(visit: Visit, response: ServerResponse, head: ResponseHead, isLast: boolean): void {
  const headers = endToEndHeaders(textOf(head.raw), head.status === 204 ? BODYLESS : FROM_UPSTREAM);
  headers.push('via', `1.1 ${VIA_NAME}`, REQUEST_ID_HEADER, visit.edge.requestId);
  if (isLast) headers.push('connection', 'close');
  response.writeHead(head.status, head.text, headers);
}

export interface ResponseHead {
  readonly status: number;
  readonly text: string;
  readonly raw: RawHeaders;
}

export type RawHeaders = Dispatcher.DispatchController['rawHeaders'];

/**
 * Breaks off a response that cannot be finished, so that the client cannot take it for whole: a reset where the end of
 * the connection is the end of the body, which only HTTP/1.0 clients get.
 */
export function breakOff(visit: Visit, response: ServerResponse): void {
  if (visit.request.httpVersionMinor === 0) response.socket?.resetAndDestroy();
  response.destroy();
}

/** A 204 has no length. Source: RFC 9110 §8.6. */
const BODYLESS: ReadonlySet<string> = new Set([...FROM_UPSTREAM, 'content-length']);

/** Latin-1, so that each byte of a value goes out as it came in. */
function textOf(raw: RawHeaders): string[] {
  if (!Array.isArray(raw)) return [];
  return raw.map((entry) => (typeof entry === 'string' ? entry : entry.toString('latin1')));
}
