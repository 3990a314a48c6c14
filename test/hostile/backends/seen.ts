import type { IncomingMessage } from 'node:http';
import type { Address } from '../../../services/gate/contract/options.ts';
import type { Header } from '../strict-reading.ts';

/** One request, as a service saw it. */
export interface Seen {
  /** `X-Real-IP`, which the gate sets: each case comes from an address of its own. */
  readonly address: string;
  readonly caseId: string;
  readonly method: string;
  readonly target: string;
  /** Which part of the service took it: `api`, `ws`, `health`; `internal`, `bridge`, `control`; or `none`. */
  zone: string;
  /** The path that the service routes on, after all its decoding and merging. */
  resolved: string;
  readonly headers: readonly Header[];
  /** `headers` is all of them, not a choice. */
  readonly hasAllHeaders: boolean;
  body: string;
  trailers: number;
  isWhole: boolean;
  /** The service's own parser did not like it, and may not have come to all its headers. */
  readonly isRefused: boolean;
}

/** A service with a public part and a private one, which keeps what it sees. */
export interface Backend extends Address, AsyncDisposable {
  readonly name: string;
  /** What was seen since the last call, with an answer or without; and what it could not read as HTTP. */
  collect(): Promise<{ seen: Seen[]; unreadable: string[]; isBusy: boolean }>;
}

export const PUBLIC_ZONES: ReadonlySet<string> = new Set(['api', 'ws', 'health']);
export const PRIVATE_ZONES = ['internal', 'bridge', 'control'] as const;

/** The parts of a service that Node's own HTTP server reads. */
export class Ledger {
  #seen: Seen[] = [];
  #unreadable: string[] = [];
  #open = 0;

  /** Enters a request when its head is there, and its body as it comes. */
  enter(request: IncomingMessage): Seen {
    const { rawHeaders } = request;
    const headers: Header[] = [];
    for (let index = 0; index + 1 < rawHeaders.length; index += 2)
      headers.push([rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '']);
    const target = request.url ?? '';
    const seen: Seen = {
      address: String(request.headers['x-real-ip'] ?? ''),
      caseId: caseIdOf(request.headers['x-case']),
      method: request.method ?? '',
      target,
      zone: 'none',
      resolved: target,
      headers,
      hasAllHeaders: true,
      body: '',
      trailers: 0,
      isWhole: false,
      isRefused: false,
    };
    this.#seen.push(seen);
    this.#open += 1;
    request.on('data', (chunk: Buffer) => {
      seen.body += chunk.toString('latin1');
    });
    request.on('end', () => {
      seen.isWhole = true;
      seen.trailers = request.rawTrailers.length / 2;
    });
    request.once('close', () => {
      this.#open -= 1;
    });
    return seen;
  }

  /** A connection on which a request was cut off is no fault of the gate's: its client did that. */
  enterUnreadable(error: Error): void {
    const code = 'code' in error ? String(error.code) : '';
    if (code !== 'ECONNRESET' && code !== 'HPE_INVALID_EOF_STATE' && code !== 'EPIPE')
      this.#unreadable.push(`${code} ${error.message}`);
  }

  collect(): { seen: Seen[]; unreadable: string[]; isBusy: boolean } {
    const collected = { seen: this.#seen, unreadable: this.#unreadable, isBusy: this.#open > 0 };
    this.#seen = [];
    this.#unreadable = [];
    return collected;
  }
}

export function describeSeen({ caseId, method, target, body, isWhole }: Seen): string {
  return `${method} ${JSON.stringify(target.slice(0, 120))}, case ${caseId}, ${body.length} bytes${isWhole ? '' : ', cut'}`;
}

/** What Node itself answers. */
export const BAD_REQUEST = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nX-Saw: -\r\n\r\n';

/** Fit for a header of an answer. */
export function caseIdOf(value: string | string[] | undefined): string {
  const text = Array.isArray(value) ? value.join() : (value ?? '');
  return /^[\w-]{1,40}$/.test(text) ? text : '-';
}

/**
 * Wider than the gate's, as the gate adds headers; and longer than any gate keeps an idle connection, as it is another
 * test's matter which side closes first (retry.test.ts).
 */
export const LIMITS = { maxHeaderSize: 65_536, keepAliveTimeout: 120_000 } as const;
