import type { Config } from '#config';
import { errorText } from '../../contract/errors.ts';
import { backoffMs } from '../../runtime/backoff.ts';
import type { BridgeClient } from '../bridge-client.ts';

/** Its state is also told by events, so that this is only for what they miss. */
const MOST_PAUSE_MS = 5_000;

/**
 * Whether the session takes messages. Closed by the first that is turned away, so that not every message in turn is
 * tried in vain; then the bridge is asked now and then.
 */
export class SessionGate {
  readonly #bridge: BridgeClient;
  readonly #pauses: { firstMs: number; mostMs: number };
  #reason: string | undefined;
  #failures = 0;
  #askAt = 0;

  constructor(bridge: BridgeClient, { retryMs }: Config['outbox']) {
    this.#bridge = bridge;
    this.#pauses = { firstMs: Math.min(retryMs, MOST_PAUSE_MS), mostMs: MOST_PAUSE_MS };
  }

  /** Why it is closed. */
  get reason(): string | undefined {
    return this.#reason;
  }

  open(): void {
    this.#reason = undefined;
    this.#failures = 0;
  }

  /** Several messages may be turned away at once: only the first begins a pause. */
  close(reason: string): void {
    if (this.#reason === undefined) this.#pause();
    this.#reason = reason;
  }

  /** How long to wait before the next try; 0 when it is open. Asks the bridge when it is time to. */
  async waitMs(): Promise<number> {
    if (this.#reason === undefined) return 0;
    const leftMs = this.#askAt - performance.now();
    if (leftMs > 0) return leftMs;
    try {
      const status = await this.#bridge.status();
      if (status.whatsapp_ready) this.open();
      else this.#stayClosed(`the session is ${status.state}${status.reason ? `: ${status.reason}` : ''}`);
    } catch (error) {
      this.#stayClosed(errorText(error));
    }
    return this.#reason === undefined ? 0 : Math.max(1, this.#askAt - performance.now());
  }

  #stayClosed(reason: string): void {
    this.#reason = reason;
    this.#pause();
  }

  #pause(): void {
    this.#failures += 1;
    this.#askAt = performance.now() + backoffMs(this.#failures, this.#pauses);
  }
}
