import type { ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import { REQUEST_ID_HEADER } from '../contract/internal.ts';
import { endToEndHeaders, FROM_UPSTREAM, VIA_NAME } from './headers.ts';
import { endAfterBody } from './linger.ts';
import type { Visit } from './visit.ts';

/** Passes on a 1xx response, which HTTP/1.0 does not know. Source: RFC 9110 §15.2. */
export function writeInterim(visit: Visit, response: ServerResponse, status: number, raw: RawHeaders): void {
  if (visit.request.httpVersionMinor === 0 || response.headersSent) return;
  const headers = endToEndHeaders(textOf(raw), FROM_UPSTREAM);
  inTurn(response, () => response.writeInformation(status, headers));
}

/**
 * Writes what comes before the head once the answers to earlier requests are out. Node would keep it, and put the head
 * before it: the client would take it for the body.
 */
export function inTurn(response: ServerResponse, write: () => void): void {
  if (response.socket !== null) write();
  else
    response.once('socket', () => {
      if (!response.headersSent) write();
    });
}

/** Writes an upstream's final answer to the client, as it comes. */
export class Answer {
  readonly #visit: Visit;
  readonly #response: ServerResponse;
  #length: number | undefined;
  #whole: Buffer | undefined;

  constructor(visit: Visit, response: ServerResponse) {
    this.#visit = visit;
    this.#response = response;
  }

  /** The head as the upstream gave it, less what ends here. */
  start(head: ResponseHead, isLast: boolean): void {
    const headers = endToEndHeaders(textOf(head.raw), head.status === 204 ? BODYLESS : FROM_UPSTREAM);
    headers.push('via', `1.1 ${VIA_NAME}`, REQUEST_ID_HEADER, this.#visit.edge.requestId);
    if (isLast) {
      this.#visit.isLast = true;
      headers.push('connection', 'close');
    }
    this.#length = head.contentLength === undefined ? undefined : Number(head.contentLength);
    this.#response.writeHead(head.status, head.text, headers);
    // The head goes with the first of the body where that is here already, else now: a stream may stay silent long.
    process.nextTick(flushHead, this.#visit, this.#response);
  }

  /** False when the client reads too slowly. A short body that is whole goes out with its head, in one write. */
  write(chunk: Buffer): boolean {
    this.#visit.bytesOut += chunk.length;
    if (chunk.length === this.#length && chunk.length <= ONE_WRITE_BYTES) {
      this.#whole = chunk;
      return true;
    }
    return this.#response.write(chunk);
  }

  finish(hadBody: boolean): void {
    if (!hadBody) {
      if (this.#whole === undefined) this.#response.end();
      else this.#response.end(this.#whole.toString('latin1'), 'latin1');
      return;
    }
    if (this.#whole !== undefined) this.#response.write(this.#whole);
    endAfterBody(this.#visit.request, this.#response);
  }
}

function flushHead(visit: Visit, response: ServerResponse): void {
  if (visit.bytesOut === 0 && !response.writableEnded) response.flushHeaders();
}

export interface ResponseHead {
  readonly status: number;
  readonly text: string;
  readonly raw: RawHeaders;
  readonly contentLength: string | string[] | undefined;
}

/** Beyond this, copying a body into the text of its head costs more than a second write. */
const ONE_WRITE_BYTES = 8 * 1024;

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
