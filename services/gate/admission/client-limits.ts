import { networkOf } from '../../contract/client-network.ts';
import { KitError } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { GateLimits } from '../contract/options.ts';

/** New clients until those are forgotten who have not come since as many before, and have nothing under way. */
const GENERATION = 8_192;
const LOG_MS = 10_000;

/**
 * What each client may do at once and per second. A token bucket a client, and one for all who share a /64 of IPv6.
 * The table is bounded whatever the number of addresses: two generations, beside those with a request under way. Who is
 * forgotten has a full bucket again.
 */
export class ClientLimits {
  readonly #limits: GateLimits;
  readonly #log: Log;
  readonly #burst: number;
  readonly #tokensPerMs: number;
  #recent = new Map<string, Client>();
  #older = new Map<string, Client>();
  #added = 0;
  #loggedMs = Number.NEGATIVE_INFINITY;

  /** Undefined where nothing is limited. */
  static from(limits: GateLimits, log: Log): ClientLimits | undefined {
    return limits.clientRatePerSecond > 0 || limits.clientConcurrency > 0
      ? new ClientLimits(limits, log)
      : undefined;
  }

  constructor(limits: GateLimits, log: Log) {
    this.#limits = limits;
    this.#log = log;
    this.#burst = Math.max(1, limits.clientBurst);
    this.#tokensPerMs = limits.clientRatePerSecond / 1_000;
  }

  /**
   * Takes a request in; whoever calls must `leave` the returned client when it is over. Throws `rate_limited` and
   * `too_many_requests_at_once`. With whole numbers for rates, a second brings a token: `Retry-After: 1` is right.
   */
  enter(address: string, nowMs: number): Client {
    const { clientRatePerSecond, clientConcurrency } = this.#limits;
    const client = this.#find(networkOf(address), nowMs);
    if (clientConcurrency > 0 && client.underWay >= clientConcurrency) {
      this.#note(address, nowMs, `has ${clientConcurrency} requests under way (GATE_CLIENT_CONCURRENCY)`);
      throw new KitError(
        'too_many_requests_at_once',
        `${clientConcurrency} requests of this client are under way, WebSockets and event streams among them`,
      );
    }
    if (clientRatePerSecond > 0) {
      client.tokens = Math.min(this.#burst, client.tokens + (nowMs - client.atMs) * this.#tokensPerMs);
      client.atMs = nowMs;
      if (client.tokens < 1) {
        this.#note(address, nowMs, `sends over ${clientRatePerSecond} requests a second (GATE_CLIENT_RATE)`);
        throw new KitError('rate_limited', `over ${clientRatePerSecond} requests a second from this client`);
      }
      client.tokens -= 1;
    }
    client.underWay += 1;
    return client;
  }

  /** How many clients are remembered. */
  get size(): number {
    return this.#recent.size + this.#older.size;
  }

  #find(key: string, nowMs: number): Client {
    const recent = this.#recent.get(key);
    if (recent !== undefined) return recent;
    const client = this.#older.get(key) ?? new Client(this.#burst, nowMs);
    this.#older.delete(key);
    if (this.#added >= GENERATION) this.#forget();
    this.#added += 1;
    this.#recent.set(key, client);
    return client;
  }

  #forget(): void {
    const kept = new Map<string, Client>();
    for (const [key, client] of this.#older) if (client.underWay > 0) kept.set(key, client);
    this.#older = this.#recent;
    this.#recent = kept;
    this.#added = 0;
  }

  /** Not more often than need be: it is others who cause these lines. */
  #note(address: string, nowMs: number, what: string): void {
    if (nowMs - this.#loggedMs < LOG_MS) return;
    this.#loggedMs = nowMs;
    this.#log.warn(`client ${address} ${what}; if it is a proxy of yours, set TRUSTED_PROXY_HOPS`);
  }
}

/** One client's bucket, and what it has under way. */
export class Client {
  tokens: number;
  atMs: number;
  underWay = 0;

  constructor(tokens: number, atMs: number) {
    this.tokens = tokens;
    this.atMs = atMs;
  }

  leave(): void {
    this.underWay -= 1;
  }
}
