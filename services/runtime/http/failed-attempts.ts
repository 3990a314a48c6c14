import { networkOf } from '../../contract/client-network.ts';
import { KitError } from '../../contract/errors.ts';
import type { Log } from '../log.ts';

/** So many wrong keys of one client within this time are answered as such. */
const MOST = 10;
const WITHIN_MS = 60_000;
/** New clients until those are forgotten who have not failed since as many before. */
const GENERATION = 8_192;
const LOG_MS = 10_000;

/**
 * Slows clients that guess API keys: an address of IPv4, or a /64 of IPv6. A valid key passes at any time, also from a
 * client that others share, so every key that is shown is compared: that costs less than the answer. A request without a
 * key guesses nothing and does not count: a browser makes one before it asks for the password. The table is bounded
 * whatever the number of addresses.
 */
export class FailedAttempts {
  readonly #log: Pick<Log, 'warn'> | undefined;
  readonly #now: () => number;
  #recent = new Map<string, Failures>();
  #older = new Map<string, Failures>();
  #loggedMs = Number.NEGATIVE_INFINITY;

  constructor(log?: Pick<Log, 'warn'>, now = () => performance.now()) {
    this.#log = log;
    this.#now = now;
  }

  /** Runs a check of a key. Throws what it throws, or `too_many_failures` once the client has failed too often. */
  guard(client: string, check: () => void): void {
    try {
      check();
    } catch (error) {
      if (!(error instanceof KitError) || !NO_KEY.has(error.code)) throw error;
      this.#demandFew(client, error.code === 'key_invalid' ? 1 : 0);
      throw error;
    }
  }

  /** How many clients are remembered. */
  get size(): number {
    return this.#recent.size + this.#older.size;
  }

  #demandFew(client: string, more: number): void {
    const nowMs = this.#now();
    const key = networkOf(client);
    const known = this.#recent.get(key) ?? this.#older.get(key);
    const failures =
      known !== undefined && nowMs - known.sinceMs < WITHIN_MS ? known : { sinceMs: nowMs, count: 0 };
    failures.count += more;
    if (more > 0) this.#keep(key, failures);
    if (failures.count < MOST || (failures.count === MOST && more > 0)) return;
    this.#note(client, nowMs);
    throw new KitError('too_many_failures', `this client has shown ${MOST} wrong API keys within a minute`);
  }

  #keep(key: string, failures: Failures): void {
    this.#older.delete(key);
    this.#recent.set(key, failures);
    if (this.#recent.size < GENERATION) return;
    this.#older = this.#recent;
    this.#recent = new Map();
  }

  /** Not more often than need be: others cause these lines. */
  #note(client: string, nowMs: number): void {
    if (nowMs - this.#loggedMs < LOG_MS) return;
    this.#loggedMs = nowMs;
    this.#log?.warn(
      `client ${client} has shown more than ${MOST} wrong API keys within a minute; if it is yours, correct its key`,
    );
  }
}

const NO_KEY: ReadonlySet<string> = new Set(['key_missing', 'key_invalid']);

interface Failures {
  readonly sinceMs: number;
  count: number;
}
