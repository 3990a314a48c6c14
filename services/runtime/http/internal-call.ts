import type { Agent, RequestOptions } from 'node:http';
import { SECRET_HEADER } from '../../contract/internal.ts';
import { http } from './node-http.ts';

export interface Origin {
  readonly host: string;
  readonly port: number;
}

export interface InternalAnswer {
  readonly status: number;
  readonly type: string;
  /** `WWW-Authenticate`; empty without one. */
  readonly challenge: string;
  readonly text: string;
}

/** The other side sent nothing for too long. */
export class SilenceError extends Error {
  override readonly name = 'SilenceError';
}

/** An answer of the kit's own services is never larger; what is, is not theirs. */
const MAX_ANSWER_BYTES = 64 * 1024 ** 2;

/**
 * Calls one service of the kit: JSON there, text back, over kept connections, with the boot secret. Never repeats a
 * call. Rejects with the network's own error (`code`), or SilenceError after `timeoutMs`.
 *
 * Node's own client rather than a library's: each hop of a send counts twice, and none of what a library adds
 * (redirects, retries, hooks) may happen here.
 */
export class InternalCaller {
  readonly #origin: Origin;
  readonly #secret: string;
  readonly #agent: Agent;

  constructor(origin: Origin, secret: string) {
    this.#origin = origin;
    this.#secret = secret;
    this.#agent = new http.Agent({ keepAlive: true });
  }

  call(
    method: 'GET' | 'POST',
    path: string,
    timeoutMs: number,
    body?: object,
    signal?: AbortSignal,
  ): Promise<InternalAnswer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const { host, port } = this.#origin;
    return exchange(
      {
        host,
        port,
        method,
        path,
        agent: this.#agent,
        headers: {
          [SECRET_HEADER]: this.#secret,
          ...(text === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
        },
        ...(signal === undefined ? {} : { signal }),
      },
      timeoutMs,
      text,
    );
  }

  /** Closes the kept connections. */
  close(): void {
    this.#agent.destroy();
  }
}

/** One exchange over a connection of its own, or an agent's. */
export function exchange(options: RequestOptions, timeoutMs: number, body?: string): Promise<InternalAnswer> {
  return new Promise((resolve, reject) => {
    const request = http.request(options, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_ANSWER_BYTES)
          request.destroy(new Error(`an answer of more than ${MAX_ANSWER_BYTES} bytes`));
        else chunks.push(chunk);
      });
      response.on('error', (error) => {
        clearTimeout(silence);
        reject(error);
      });
      response.on('end', () => {
        clearTimeout(silence);
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers['content-type'] ?? '',
          challenge: response.headers['www-authenticate'] ?? '',
          text: Buffer.concat(chunks).toString('utf8'),
        });
      });
    });
    const silence = setTimeout(
      () => request.destroy(new SilenceError(`no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    request.on('error', (error) => {
      clearTimeout(silence);
      reject(error);
    });
    request.end(body);
  });
}
