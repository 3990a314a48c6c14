import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { isErrorCode, KitError } from '../services/contract/errors.ts';
import { ADMISSION_PATH, SECRET_HEADER } from '../services/contract/internal.ts';
import type { Hold } from '../services/gate/contract/hold.ts';
import type { GateOptions, GateRoute } from '../services/gate/contract/options.ts';
import { serviceSilent, serviceUnavailable } from '../services/gate/contract/service-problems.ts';
import { exchange, SilenceError } from '../services/runtime/http/internal-call.ts';
import { http } from '../services/runtime/http/node-http.ts';

/** Headers by which a service knows the client and its key. */
const ASKED_ABOUT = ['authorization', 'x-api-key', 'origin', 'host', 'x-forwarded-for', 'x-request-id'];
/** Tries within one wait: a service that accepts connections and drops each of them is not asked without end. */
const MOST_TRIES = 20;

/** The service of a route, and the queue of the requests that wait for it. */
export interface AskedService {
  readonly route: GateRoute;
  readonly hold: Hold;
  /** When the wait of this request began, by `performance.now()`; now, if it has not waited yet. */
  readonly sinceMs: () => number;
}

/**
 * Answers the question of nginx whether a request may send its body: 204, or 401 with the code of the refusal in
 * `X-Gate-Code`. It asks the service at `ADMISSION_PATH`, because the service knows the keys. While the service takes no
 * connection, the request waits here, with its body unread.
 */
export class AdmissionDesk {
  readonly #secret: string;
  readonly #timeoutMs: number;
  readonly #agent = new http.Agent({ keepAlive: true });

  constructor({ secret, limits }: Pick<GateOptions, 'secret' | 'limits'>) {
    this.#secret = secret;
    this.#timeoutMs = limits.upstreamTimeoutMs;
  }

  close(): void {
    this.#agent.destroy();
  }

  async answer(request: IncomingMessage, response: ServerResponse, asked: AskedService): Promise<void> {
    try {
      const refusal = await this.#ask(request.headers, asked, response);
      if (refusal === undefined) response.writeHead(204).end();
      else refuse(response, refusal.code, refusal.challenge);
    } catch (error) {
      refuse(response, error instanceof KitError ? error.code : 'internal_error');
    }
  }

  async #ask(
    headers: IncomingHttpHeaders,
    asked: AskedService,
    response: ServerResponse,
  ): Promise<{ code: string; challenge: string } | undefined> {
    const { upstream, service } = asked.route;
    for (let tries = 1; ; tries += 1) {
      try {
        const { status, text, challenge } = await exchange(
          {
            ...upstream,
            path: ADMISSION_PATH,
            agent: this.#agent,
            headers: { ...pick(headers), [SECRET_HEADER]: this.#secret },
          },
          this.#timeoutMs,
        );
        return status === 204 ? undefined : { code: codeIn(text), challenge };
      } catch (error) {
        if (error instanceof SilenceError) throw serviceSilent(service);
        if (tries === MOST_TRIES || asked.route.holds === false) throw serviceUnavailable(service);
        await untilReachable(asked, response);
      }
    }
  }
}

function untilReachable({ hold, route, sinceMs }: AskedService, response: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    const refused = () => reject(serviceUnavailable(route.service));
    const cancel = hold.wait(sinceMs(), resolve, refused);
    response.once('close', () => {
      cancel();
      refused();
    });
  });
}

function pick(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(
    ASKED_ABOUT.flatMap((name) => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}

function codeIn(text: string): string {
  try {
    const { code }: Record<string, unknown> = { ...JSON.parse(text) };
    return isErrorCode(code) ? code : 'internal_error';
  } catch {
    return 'internal_error'; // No problem document: not the answer of a kit service.
  }
}

function refuse(response: ServerResponse, code: string, challenge = ''): void {
  response
    .writeHead(401, { 'x-gate-code': code, ...(challenge === '' ? {} : { 'www-authenticate': challenge }) })
    .end();
}
