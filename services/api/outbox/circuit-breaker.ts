import type { Config } from '#config';
import { errorText } from '../../contract/errors.ts';
import { backoffMs } from '../../runtime/backoff.ts';
import type { BridgeClient } from '../bridge-client.ts';

/** Events report most changes of the session, so the breaker asks only for those that events miss. */
const MOST_PAUSE_MS = 5_000;

/**
 * Stops all sends while the session takes no messages. The first message that is turned away trips the breaker, so that
 * the dispatcher does not try each message in turn; from then on the breaker asks the bridge with a backoff.
 */
export class CircuitBreaker {
  readonly #bridge: Pick<BridgeClient, 'status'>;
  readonly #pauses: { firstMs: number; mostMs: number };
  #reason: string | undefined;
  #failures = 0;
  #askAt = 0;

  constructor(bridge: Pick<BridgeClient, 'status'>, { retryMs }: Pick<Config['outbox'], 'retryMs'>) {
    this.#bridge = bridge;
    this.#pauses = { firstMs: Math.min(retryMs, MOST_PAUSE_MS), mostMs: MOST_PAUSE_MS };
  }

  /** Why it is open; undefined while sends may pass. */
  get reason(): string | undefined {
    return this.#reason;
  }

  reset(): void {
    this.#reason = undefined;
    this.#failures = 0;
  }

  /** Several messages may be turned away at once: only the first begins a pause. */
  trip(reason: string): void {
    if (this.#reason === undefined) this.#pause();
    this.#reason = reason;
  }

  /** How long to wait before the next try; 0 when sends may pass. Asks the bridge when the pause is over. */
  async waitMs(): Promise<number> {
    if (this.#reason === undefined) return 0;
    const leftMs = this.#askAt - performance.now();
    if (leftMs > 0) return leftMs;
    try {
      const status = await this.#bridge.status();
      if (status.whatsapp_ready) this.reset();
      else this.#stayOpen(`the session is ${status.state}${status.reason ? `: ${status.reason}` : ''}`);
    } catch (error) {
      this.#stayOpen(errorText(error));
    }
    return this.#reason === undefined ? 0 : Math.max(1, this.#askAt - performance.now());
  }

  #stayOpen(reason: string): void {
    this.#reason = reason;
    this.#pause();
  }

  #pause(): void {
    this.#failures += 1;
    this.#askAt = performance.now() + backoffMs(this.#failures, this.#pauses);
  }
}
