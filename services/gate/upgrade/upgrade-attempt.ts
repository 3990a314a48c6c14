import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { KitError } from '../../contract/errors.ts';
import { REQUEST_ID_HEADER } from '../../contract/internal.ts';
import { logUpgrade } from '../access-log.ts';
import { endSocket } from '../answer/lingering-close.ts';
import { refuseUpgrade } from '../answer/problems.ts';
import { headFault } from '../answer/response-head.ts';
import { catchFaults } from '../catch-faults.ts';
import type { Connections } from '../connections/connections.ts';
import { Tunnel } from '../connections/tunnel.ts';
import type { GateOptions } from '../contract/options.ts';
import { VIA_NAME } from '../contract/via.ts';
import { endToEndHeaders, FROM_UPSTREAM } from '../forward/headers.ts';
import { invalidResponse, upstreamProblem } from '../forward/upstream-error.ts';
import type { RequestContext } from '../request-context.ts';

/** One upgrade, from admission until its tunnel is open or it was answered otherwise. */
export class UpgradeAttempt {
  readonly #options: GateOptions;
  readonly #connections: Connections;
  readonly #service: string;
  readonly #context: RequestContext;
  readonly #client: Socket;
  #isOpen = false;
  #isRefused = false;
  isOver = false;

  constructor(options: GateOptions, connections: Connections, service: string, context: RequestContext) {
    this.#options = options;
    this.#connections = connections;
    this.#service = service;
    this.#context = context;
    this.#client = context.request.socket;
    this.#client.once('end', () => {
      if (!this.#isOpen) this.#client.destroy();
    });
    this.#client.once('close', () => {
      this.isOver = true;
    });
  }

  /** Watches the request that the library sends upstream, ahead of the library's own listeners. */
  follow(proxyRequest: ClientRequest): void {
    const { upstreamTimeoutMs } = this.#options.limits;
    const silent = new KitError(
      'service_silent',
      `${this.#service} did not answer the upgrade in ${upstreamTimeoutMs} ms`,
    );
    const timer = setTimeout(() => proxyRequest.destroy(silent), upstreamTimeoutMs);
    this.#client.once('close', () => proxyRequest.destroy());
    proxyRequest.once('close', () => clearTimeout(timer));
    const onFault = (thrown: unknown): void => {
      this.fail(thrown);
      proxyRequest.destroy();
    };
    proxyRequest.once(
      'response',
      catchFaults(onFault, (answer: IncomingMessage) => {
        clearTimeout(timer);
        this.#onRefusal(answer);
      }),
    );
    proxyRequest.once(
      'upgrade',
      catchFaults(onFault, (answer: IncomingMessage, upstreamSocket: Socket) => {
        clearTimeout(timer);
        this.#onSwitch(answer, upstreamSocket);
      }),
    );
  }

  /** Ends the attempt: with a refusal while nothing was written to the client, else with its connection. */
  fail(error: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    if (this.#isOpen) this.#client.destroy();
    else if (this.#isRefused) endSocket(this.#client);
    else refuseUpgrade(this.#options.log, this.#context, upstreamProblem(this.#service, error));
  }

  /**
   * The library pipes the service's answer to the client, unless that has been refused here; it leaves the connection half
   * open, and waits without end for a service that falls silent.
   */
  #onRefusal(answer: IncomingMessage): void {
    const { statusCode: status = 502, statusMessage = '', headers } = answer;
    const fault = headFault(status, statusMessage, headers['transfer-encoding']);
    if (fault !== undefined)
      throw invalidResponse(
        this.#service,
        fault,
        `the status line was ${status} ${JSON.stringify(statusMessage)}`,
      );
    const clientHeaders = this.#clientHeaders(answer);
    // In chunks, so that the client sees a cut body for what it is.
    if (headers['content-length'] === undefined) clientHeaders['transfer-encoding'] = 'chunked';
    answer.headers = clientHeaders;
    answer.httpVersion = '1.1';
    this.#isRefused = true;
    answer.setTimeout(this.#options.limits.idleTimeoutMs, () => this.#client.destroy());
    this.#client.once('finish', () => endSocket(this.#client));
    this.#logAtEnd(status);
  }

  #onSwitch(answer: IncomingMessage, upstreamSocket: Socket): void {
    if (answer.headers.upgrade?.toLowerCase() !== 'websocket') {
      // The library tunnels whatever comes; only without a client it cannot. Source: RFC 9110 §7.8.
      this.#client.destroy();
      upstreamSocket.destroy();
      return;
    }
    this.#isOpen = true;
    answer.headers = { ...this.#clientHeaders(answer), connection: 'Upgrade', upgrade: 'websocket' };
    const tunnel = new Tunnel(this.#client, upstreamSocket);
    this.#connections.tunnels.add(tunnel);
    this.#client.once('close', () => this.#connections.tunnels.delete(tunnel));
    this.#logAtEnd(101, tunnel);
    if (this.#connections.isDraining) setImmediate(() => tunnel.goAway());
  }

  #clientHeaders(answer: IncomingMessage): Record<string, string | string[]> {
    const headers: Record<string, string[]> = {};
    const kept = endToEndHeaders(answer.rawHeaders, FROM_UPSTREAM);
    for (let index = 0; index + 1 < kept.length; index += 2) {
      const name = (kept[index] ?? '').toLowerCase();
      headers[name] = [...(headers[name] ?? []), kept[index + 1] ?? ''];
    }
    return {
      ...headers,
      via: [...(headers.via ?? []), `1.1 ${VIA_NAME}`],
      [REQUEST_ID_HEADER]: this.#context.clientInfo.requestId,
    };
  }

  #logAtEnd(status: number, tunnel?: Tunnel): void {
    this.#client.once('close', () => {
      this.#context.bytesIn = this.#client.bytesRead;
      this.#context.bytesOut = this.#client.bytesWritten;
      logUpgrade(this.#options.log, this.#context, status, tunnel?.hasTimedOut ?? false);
    });
  }
}
