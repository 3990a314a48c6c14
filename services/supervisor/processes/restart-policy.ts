import { backoffMs } from '../../runtime/backoff.ts';

export interface RestartLimits {
  /** Quick failures in a row after which the service counts as failed. */
  readonly limit: number;
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  /** A run that lasted this long is no quick failure. */
  readonly stableMs: number;
}

export type Verdict = { readonly restartInMs: number } | { readonly failed: true };

/** Trouble of a machine often ends by itself: it is tried again without end, and never later than this. */
const TROUBLE_MOST_MS = 30_000;
/** What has failed is looked at again: what it lacked may be back, and nobody may be there to send a signal. */
const FAILED_RETRY = { firstMs: 60_000, mostMs: 15 * 60_000 };

/** Decides what follows the end of a run: at once the first time, then later and later, in the end seldom. */
export class RestartPolicy {
  #quickFailures = 0;
  /** Runs in a row that trouble of the machine ended. */
  #troubles = 0;
  /** How often in a row the service was called failed. */
  #verdictsFailed = 0;
  readonly #limits: RestartLimits;

  constructor(limits: RestartLimits) {
    this.#limits = limits;
  }

  get quickFailures(): number {
    return this.#quickFailures;
  }

  /** A run that was never ready failed quickly, however long it took. */
  ended(ranMs: number, wasReady: boolean, random = Math.random): Verdict {
    const { limit, backoffMs: firstMs, backoffMaxMs: mostMs } = this.#limits;
    this.#noteRun(ranMs, wasReady);
    this.#quickFailures += 1;
    if (this.#quickFailures >= limit) return { failed: true };
    return {
      restartInMs:
        this.#quickFailures === 1 ? 0 : backoffMs(this.#quickFailures - 1, { firstMs, mostMs }, random),
    };
  }

  /** The machine ended a run, or let none begin: that counts against nobody. */
  endedByMachine(ranMs: number, wasReady: boolean, random = Math.random): { readonly restartInMs: number } {
    this.#noteRun(ranMs, wasReady);
    this.#troubles += 1;
    const { backoffMs: firstMs, backoffMaxMs } = this.#limits;
    const mostMs = Math.min(backoffMaxMs, TROUBLE_MOST_MS);
    return { restartInMs: backoffMs(this.#troubles, { firstMs, mostMs }, random) };
  }

  /** When to look again at a service that has just been called failed. */
  retryFailedMs(random = Math.random): number {
    this.#verdictsFailed += 1;
    return backoffMs(this.#verdictsFailed, FAILED_RETRY, random);
  }

  forget(): void {
    this.#quickFailures = 0;
    this.#troubles = 0;
    this.#verdictsFailed = 0;
  }

  #noteRun(ranMs: number, wasReady: boolean): void {
    if (wasReady && ranMs >= this.#limits.stableMs) this.forget();
  }
}
