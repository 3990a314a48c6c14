import type { IncomingHttpHeaders } from 'node:http';
import * as https from 'node:https';
import { errorText } from '../../services/contract/errors.ts';
import { http } from '../../services/runtime/http/node-http.ts';

/** An answer over HTTP, or why there was none. Redirects are not followed: they are an answer. */
export type Answer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      readonly text: string;
      readonly tookMs: number;
      readonly at: number;
    }
  | {
      readonly kind: 'none';
      readonly failure: Failure;
      /** The network's own word. */
      readonly detail: string;
    };

/** Why nothing came. `name`: it has no address; `certificate`: TLS does not hold; `broken`: the connection was cut. */
export type Failure = 'refused' | 'timeout' | 'name' | 'certificate' | 'unreachable' | 'broken';

export interface AskOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly method?: 'GET' | 'HEAD';
}

/** A message of 65,536 characters, each escaped, and what is around it. */
const MOST_BYTES = 1024 * 1024;

/** Asks once; never rejects. What comes beyond a megabyte is left. */
export function ask(url: URL, { headers = {}, timeoutMs, method = 'GET' }: AskOptions): Promise<Answer> {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const end = (answer: Answer) => {
      clearTimeout(late);
      resolve(answer);
      request.destroy();
    };
    const request = (url.protocol === 'https:' ? https : http).request(
      url,
      { method, headers: { 'user-agent': 'gatehouse-doctor', ...headers }, agent: false },
      (response) => {
        const at = Date.now();
        const chunks: Buffer[] = [];
        let bytes = 0;
        const answer = () =>
          end({
            kind: 'answer',
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString('utf8'),
            tookMs: Math.round(performance.now() - startedAt),
            at,
          });
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          bytes += chunk.length;
          if (bytes > MOST_BYTES) answer();
        });
        response.on('end', answer);
        response.on('error', (error) => end({ kind: 'none', failure: 'broken', detail: errorText(error) }));
      },
    );
    const late = setTimeout(
      () => end({ kind: 'none', failure: 'timeout', detail: `nothing within ${timeoutMs} ms` }),
      timeoutMs,
    );
    request.on('error', (error: NodeJS.ErrnoException) =>
      end({ kind: 'none', failure: failureOf(error.code ?? ''), detail: error.code ?? errorText(error) }),
    );
    request.end();
  });
}

function failureOf(code: string): Failure {
  if (code === 'ECONNREFUSED') return 'refused';
  if (code === 'ETIMEDOUT') return 'timeout';
  if (/^(ENOTFOUND|EAI_)/.test(code)) return 'name';
  if (/^(EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)/.test(code)) return 'unreachable';
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO|EPROTO/.test(code)) return 'certificate';
  return 'broken';
}

/** The JSON object of an answer; undefined when it is none. An answer that was cut is none: to parse it takes a second. */
export function jsonOf(answer: Answer): Readonly<Record<string, unknown>> | undefined {
  if (answer.kind === 'none' || !String(answer.headers['content-type'] ?? '').includes('json'))
    return undefined;
  if (Buffer.byteLength(answer.text) > MOST_BYTES) return undefined;
  try {
    const value: unknown = JSON.parse(answer.text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined; // Cut, or no JSON after all.
  }
}
