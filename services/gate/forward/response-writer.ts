import type { ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import { REQUEST_ID_HEADER } from '../../contract/internal.ts';
import { http } from '../../runtime/http/node-http.ts';
import { endAfterBody } from '../answer/lingering-close.ts';
import { headFault, writeHead } from '../answer/response-head.ts';
import { catchFaults } from '../catch-faults.ts';
import { VIA_NAME } from '../contract/via.ts';
import type { RequestContext } from '../request-context.ts';
import { endToEndHeaders, FROM_UPSTREAM } from './headers.ts';
import { invalidResponse } from './upstream-error.ts';

/** Writes an upstream's answer to the client, as it comes. */
export class ResponseWriter {
  readonly #context: RequestContext;
  readonly #response: ServerResponse;
  readonly #service: string;
  readonly #onFault: (thrown: unknown) => void;
  #interimResponses = 0;
  #length: number | undefined;
  #whole: Buffer | undefined;

  /** `onFault` gets what a later callback of this answer throws. */
  constructor(
    { context, response }: { context: RequestContext; response: ServerResponse },
    service: string,
    onFault: (thrown: unknown) => void,
  ) {
    this.#context = context;
    this.#response = response;
    this.#service = service;
    this.#onFault = onFault;
  }

  /**
   * Passes on a 1xx response, which HTTP/1.0 does not know. Throws `service_refused` for one that HTTP does not allow.
   * Source: RFC 9110 §15.2.
   */
  writeInterim(head: ResponseHead): void {
    this.#requireLegal(head);
    this.#interimResponses += 1;
    if (this.#interimResponses > MAX_INTERIM_RESPONSES)
      throw invalidResponse(this.#service, `more than ${MAX_INTERIM_RESPONSES} interim responses`, undefined);
    if (this.#context.request.httpVersionMinor === 0 || this.#response.headersSent) return;
    // Not `writeInformation`, which has a reason phrase of its own.
    const text = interimHead(head.status, head.phrase, endToEndHeaders(textOf(head.raw), FROM_UPSTREAM));
    this.inTurn(() => this.#response.socket?.write(text, 'latin1'));
  }

  /**
   * Writes what comes before the head once the answers to earlier requests are out. Node would keep it, and put the head
   * before it: the client would take it for the body.
   */
  inTurn(write: () => void): void {
    const response = this.#response;
    if (response.socket !== null) write();
    else
      response.once(
        'socket',
        catchFaults(this.#onFault, () => {
          if (!response.headersSent) write();
        }),
      );
  }

  /** The head as the upstream gave it, less what ends here. Throws `service_refused` for one that HTTP does not allow. */
  start(head: ResponseHead, isLast: boolean): void {
    this.#requireLegal(head);
    const headers = endToEndHeaders(textOf(head.raw), head.status === 204 ? BODYLESS : FROM_UPSTREAM);
    headers.push('via', `1.1 ${VIA_NAME}`, REQUEST_ID_HEADER, this.#context.clientInfo.requestId);
    if (isLast) {
      this.#context.isLast = true;
      headers.push('connection', 'close');
    }
    this.#length = head.contentLength === undefined ? undefined : Number(head.contentLength);
    try {
      writeHead(this.#context, this.#response, head.status, head.phrase, headers);
    } catch (thrown) {
      throw invalidResponse(this.#service, 'a head that Node does not write', thrown);
    }
    // The head goes with the first of the body where that is here already, else now: a stream may stay silent long.
    process.nextTick(this.#flushHead);
  }

  /** False when the client reads too slowly. A short body that is whole goes out with its head, in one write. */
  write(chunk: Buffer): boolean {
    this.#context.bytesOut += chunk.length;
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
    endAfterBody(this.#context.request, this.#response);
  }

  readonly #flushHead = (): void => {
    try {
      if (this.#context.bytesOut === 0 && !this.#response.writableEnded) this.#response.flushHeaders();
    } catch (thrown) {
      this.#onFault(thrown);
    }
  };

  #requireLegal({ status, phrase, coding }: ResponseHead): void {
    const fault = headFault(status, phrase, coding);
    if (fault !== undefined)
      throw invalidResponse(this.#service, fault, `the status line was ${status} ${JSON.stringify(phrase)}`);
  }
}

/** Each 1xx renews the wait for the next response: without a limit a service could hold a request for ever. */
const MAX_INTERIM_RESPONSES = 1_000;

function interimHead(status: number, phrase: string, headers: readonly string[]): string {
  let head = `HTTP/1.1 ${status} ${phrase}\r\n`;
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const [name = '', value = ''] = headers.slice(index, index + 2);
    http.validateHeaderName(name);
    http.validateHeaderValue(name, value);
    head += `${name}: ${value}\r\n`;
  }
  return `${head}\r\n`;
}

export interface ResponseHead {
  readonly status: number;
  /** The reason phrase as Latin-1 text, one character for each byte. */
  readonly phrase: string;
  readonly raw: RawHeaders;
  readonly contentLength: string | string[] | undefined;
  /** Of the transfer. */
  readonly coding: string | undefined;
}

/** Beyond this, copying a body into the text of its head costs more than a second write. */
const ONE_WRITE_BYTES = 8 * 1024;

export type RawHeaders = Dispatcher.DispatchController['rawHeaders'];

/** A 204 has no length. Source: RFC 9110 §8.6. */
const BODYLESS: ReadonlySet<string> = new Set([...FROM_UPSTREAM, 'content-length']);

/** Latin-1, so that each byte of a value goes out as it came in. */
function textOf(raw: RawHeaders): string[] {
  if (!Array.isArray(raw)) return [];
  return raw.map((entry) => (typeof entry === 'string' ? entry : entry.toString('latin1')));
}
