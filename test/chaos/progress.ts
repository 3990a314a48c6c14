import { until } from '../support/until.ts';

/** How far one part of the run may be ahead of another. */
const SLACK = 0.08;
/** Then it goes on: whoever lags may be waiting for it. */
const LONGEST_WAIT_MS = 12_000;

/** Keeps what is done to the kit and what is asked of it in step, however fast the machine is. */
export class Progress {
  readonly #done = new Map<string, number>();
  readonly #longestWaitMs: number;

  constructor(longestWaitMs = LONGEST_WAIT_MS) {
    this.#longestWaitMs = longestWaitMs;
  }

  /** A part has done this fraction of its work. */
  report(part: string, fraction: number): void {
    this.#done.set(part, Math.max(fraction, this.#done.get(part) ?? 0));
  }

  of(part: string): number {
    return this.#done.get(part) ?? 0;
  }

  /** Waits while the other part lags behind. */
  async waitFor(part: string, fraction: number): Promise<void> {
    await this.reached(part, fraction - SLACK).catch(() => 'it goes on without the other');
  }

  /** Throws when the part has not come so far in time. */
  async reached(part: string, fraction: number, withinMs = this.#longestWaitMs): Promise<void> {
    if (this.of(part) >= fraction) return;
    await until(`${part} has come to ${fraction}`, () => this.of(part) >= fraction, { withinMs });
  }
}
