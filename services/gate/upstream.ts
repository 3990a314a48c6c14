import type { Dispatcher } from 'undici';
import Client from 'undici/lib/dispatcher/client.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import { Hold } from './hold.ts';
import type { Address, GateLimits } from './options.ts';

/** Idle connections are given up before the upstream does: Node closes them after 5 s, less where it says so. */
const KEEP_ALIVE_MS = 4_000;
const KEEP_ALIVE_MARGIN_MS = 1_000;
const MAX_KEEP_ALIVE_MS = 60_000;
const CONNECT_TIMEOUT_MS = 2_000;
const MAX_RESPONSE_HEADER_BYTES = 64 * 1024;

/** What the gate calls: the connections to one service, and the queue of those who wait for it. */
export class Upstream {
  readonly service: string;
  readonly origin: string;
  readonly hold: Hold;
  readonly #pool: Pool;

  constructor(service: string, address: Address, limits: GateLimits) {
    this.service = service;
    this.origin = `http://${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
    this.hold = new Hold(address, limits.holdMs);
    this.#pool = new Pool(this.origin, {
      ...CONNECTION,
      // A stream of events holds its connection for hours: as many as there are clients, lest they shut out the rest.
      connections: limits.maxConnections,
      factory: (origin, options) => new CountingClient(origin, options),
    });
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: UpstreamHandler): void {
    this.#pool.dispatch(options, handler);
  }

  /** On a connection of its own, which cannot have been closed while it was idle. */
  dispatchAfresh(options: Dispatcher.DispatchOptions, handler: UpstreamHandler): void {
    const client = new CountingClient(this.origin, CONNECTION);
    client.dispatch({ ...options, reset: true }, handler);
    void client.close();
  }

  async destroy(): Promise<void> {
    this.hold.close();
    await this.#pool.destroy();
  }
}

/** A handler that is told on which connection its request goes. */
export abstract class UpstreamHandler implements Dispatcher.DispatchHandler {
  connection: CountingClient | undefined;

  abstract onResponseError(controller: Dispatcher.DispatchController, error: Error): void;
}

const CONNECTION = {
  pipelining: 1,
  allowH2: false,
  connectTimeout: CONNECT_TIMEOUT_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  keepAliveTimeoutThreshold: KEEP_ALIVE_MARGIN_MS,
  keepAliveMaxTimeout: MAX_KEEP_ALIVE_MS,
  maxHeaderSize: MAX_RESPONSE_HEADER_BYTES,
} as const;

/** Counts the requests on its present socket: only where there were some before can an idle close be to blame. */
export class CountingClient extends Client {
  requestsOnSocket = 0;

  constructor(origin: string | URL, options: object) {
    super(origin, options);
    this.on('connect', () => {
      this.requestsOnSocket = 0;
    });
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (handler instanceof UpstreamHandler) handler.connection = this;
    return super.dispatch(options, handler);
  }
}
