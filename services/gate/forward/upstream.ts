import type { Dispatcher, Pool as UndiciPool } from 'undici';
import { Hold } from '../contract/hold.ts';
import type { Address, GateLimits } from '../contract/options.ts';
import { Client, Pool } from './load-undici.ts';
import { keepReasonPhraseBytes } from './reason-phrase-bytes.ts';
import { FaultCatchingHandler, UpstreamHandler } from './upstream-handler.ts';

/** Idle connections are given up before the upstream does: Node closes them after 5 s, less where it says so. */
const KEEP_ALIVE_MS = 4_000;
const KEEP_ALIVE_MARGIN_MS = 1_000;
const MAX_KEEP_ALIVE_MS = 60_000;
const CONNECT_TIMEOUT_MS = 2_000;
const MAX_RESPONSE_HEADER_BYTES = 64 * 1024;

/** The connections to one service, and the queue of requests that wait for it. */
export class Upstream {
  readonly service: string;
  readonly hold: Hold;
  readonly #limits: GateLimits;
  readonly #retired = new Set<UndiciPool>();
  #origin: string;
  #pool: UndiciPool;

  constructor(service: string, address: Address, limits: GateLimits) {
    this.service = service;
    this.#limits = limits;
    this.hold = new Hold(address, limits.holdMs);
    this.#origin = originOf(address);
    this.#pool = this.#openPool();
  }

  get origin(): string {
    return this.#origin;
  }

  /** Calls the service at another address, for requests that wait too. Requests under way stay where they are. */
  moveTo(address: Address): void {
    this.retire();
    this.hold.moveTo(address);
    this.#origin = originOf(address);
    this.#pool = this.#openPool();
  }

  /** Takes no new request, and closes each connection when it is idle. */
  retire(): void {
    const pool = this.#pool;
    const forget = (): boolean => this.#retired.delete(pool);
    this.#retired.add(pool);
    pool.close().then(forget, forget);
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: UpstreamHandler): void {
    this.#pool.dispatch(options, new FaultCatchingHandler(handler));
  }

  /** On a connection of its own, which cannot have been closed while it was idle. */
  dispatchOnNewConnection(options: Dispatcher.DispatchOptions, handler: UpstreamHandler): void {
    const client = new CountingClient(this.origin, CONNECTION);
    client.dispatch({ ...options, reset: true }, new FaultCatchingHandler(handler));
    void client.close();
  }

  async destroy(): Promise<void> {
    this.hold.close();
    await Promise.all([this.#pool, ...this.#retired].map((pool) => pool.destroy()));
  }

  #openPool(): UndiciPool {
    return new Pool(this.#origin, {
      ...CONNECTION,
      // A stream of events holds its connection for hours: as many as there are clients, lest they shut out the rest.
      connections: this.#limits.maxConnections,
      factory: (origin, options) => new CountingClient(origin, options),
    });
  }
}

function originOf({ host, port }: Address): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
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
  hasPhraseBytes = false;

  constructor(origin: string | URL, options: object) {
    super(origin, options);
    this.on('connect', () => {
      this.requestsOnSocket = 0;
      this.hasPhraseBytes = keepReasonPhraseBytes(this);
    });
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (handler instanceof UpstreamHandler) handler.connection = this;
    return super.dispatch(options, handler);
  }
}
