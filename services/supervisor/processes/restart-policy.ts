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

/** Decides what follows the end of a run: at once the first time, then later and later, in the end not at all. */
export class RestartPolicy {
  #quickFailures = 0;
  readonly #limits: RestartLimits;

  constructor(limits: RestartLimits) {
    this.#limits = limits;
  }

  get quickFailures(): number {
    return this.#quickFailures;
  }

  /** A run that was never ready failed quickly, however long it took. */
  ended(ranMs: number, wasReady: boolean, random = Math.random): Verdict {
    const { limit, stableMs, backoffMs: firstMs, backoffMaxMs: mostMs } = this.#limits;
    this.#quickFailures = wasReady && ranMs >= stableMs ? 1 : this.#quickFailures + 1;
    if (this.#quickFailures >= limit) return { failed: true };
    return {
      restartInMs:
        this.#quickFailures === 1 ? 0 : backoffMs(this.#quickFailures - 1, { firstMs, mostMs }, random),
    };
  }

  forget(): void {
    this.#quickFailures = 0;
  }
}
