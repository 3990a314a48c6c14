import type { IncomingMessage } from 'node:http';
import { KitError } from '../../contract/errors.ts';

/** How the body of a request is delimited. */
export interface Framing {
  readonly chunked: boolean;
  readonly contentLength: number;
}

/**
 * Throws `framing_invalid` for what Node lets through: codings other than exactly `chunked`, and any of them over
 * HTTP/1.0. Node itself refuses both lengths at once and repeated or odd lengths. Source: RFC 9112 §6.1, §6.3.
 */
export function readFraming(request: IncomingMessage): Framing {
  const { 'transfer-encoding': coding, 'content-length': length } = request.headers;
  if (coding === undefined)
    return length === undefined ? NO_BODY : { chunked: false, contentLength: Number(length) };
  if (request.httpVersionMinor === 0)
    throw new KitError('framing_invalid', 'HTTP/1.0 knows no Transfer-Encoding');
  if (coding.toLowerCase() !== 'chunked') {
    throw new KitError('framing_invalid', 'the Transfer-Encoding is not exactly "chunked"');
  }
  if (length !== undefined)
    throw new KitError('framing_invalid', 'both Content-Length and Transfer-Encoding are set');
  return { chunked: true, contentLength: 0 };
}

export function hasBody(framing: Framing): boolean {
  return framing.chunked || framing.contentLength > 0;
}

const NO_BODY: Framing = { chunked: false, contentLength: 0 };
