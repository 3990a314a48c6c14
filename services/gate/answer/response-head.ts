import type { ServerResponse } from 'node:http';
import type { RequestContext } from '../request-context.ts';

/**
 * Says what HTTP does not allow in the head of a response, or nothing. Header names and values are left to the parsers
 * (undici's and Node's), which refuse what is no token, and every control character but HTAB.
 * Source: RFC 9112 §4 and §6.1, RFC 9110 §15.
 */
export function headFault(status: number, phrase: string, coding: unknown): string | undefined {
  if (status < 100 || status > 599) return `the status ${status}`;
  if (status === 101) return 'a switch of protocols that nobody asked for';
  if (!PHRASE.test(phrase)) return 'a control character in the reason phrase';
  if (coding !== undefined && String(coding).toLowerCase() !== 'chunked')
    return 'a transfer coding other than chunked';
  return undefined;
}

/**
 * Writes the head of a response. When Node refuses it, parts of it stay in the response and would spoil the next head
 * (the reason phrase, and that a 304 has no body): `context.isHeadRejected` then makes the refusal go past the response.
 */
export function writeHead(
  context: RequestContext,
  response: ServerResponse,
  status: number,
  phrase: string,
  headers: string[],
): void {
  context.isHeadRejected = true;
  response.writeHead(status, phrase, headers);
  context.isHeadRejected = false;
}

/** HTAB, SP, VCHAR and obs-text; one character is one byte. */
const PHRASE = /^[\t\x20-\x7e\x80-\xff]*$/;
