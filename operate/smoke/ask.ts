import { type Agent, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { addressOf, DeadlineError, type Limits } from './connection.ts';
import type { Target } from './target.ts';

export interface AskOptions {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: object;
  readonly mostBytes?: number;
  /** A connection of its own unless given. */
  readonly agent?: Agent;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly tookMs: number;
}

/** More than anything that is asked for here has. */
const MOST_BYTES = 256 * 1024;

/**
 * One exchange with a deployment: nothing is followed or repeated, and it ends in time, whatever the other side does.
 * Rejects with the network's error, or with DeadlineError.
 */
export function ask(target: Target, path: string, limits: Limits, options: AskOptions = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, body, mostBytes = MOST_BYTES, agent = false } = options;
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const request = (target.isSecure ? requestTls : requestPlain)({
      ...addressOf(target),
      method,
      path,
      agent,
      headers: {
        host: target.authority,
        'user-agent': 'gatehouse-smoke',
        ...(payload === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
        ...headers,
      },
      signal: limits.signal,
    });
    const late = setTimeout(
      () =>
        request.destroy(
          new DeadlineError(`no whole answer to ${method} ${path} within ${limits.withinMs} ms`),
        ),
      limits.withinMs,
    );
    const fail = (error: Error) => {
      clearTimeout(late);
      reject(error);
    };
    request.on('error', fail);
    // Some answer any request with an upgrade: without a listener Node would wait for ever.
    request.on('upgrade', (_response, socket) => {
      socket.destroy();
      fail(new Error(`${method} ${path} was answered with an upgrade that nobody asked for`));
    });
    request.on('response', (response) => {
      const pieces: Buffer[] = [];
      let bytes = 0;
      response.on('error', fail);
      response.on('data', (piece: Buffer) => {
        bytes += piece.length;
        if (bytes > mostBytes)
          request.destroy(new Error(`the answer to ${method} ${path} has more than ${mostBytes} bytes`));
        else pieces.push(piece);
      });
      response.on('end', () => {
        clearTimeout(late);
        const text = Buffer.concat(pieces).toString('utf8');
        const tookMs = performance.now() - startedAt;
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, tookMs });
      });
    });
    request.end(payload);
  });
}

/** The body as JSON; undefined when it is none, as what comes from outside may be anything. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Told by what the caller then misses.
  }
}
