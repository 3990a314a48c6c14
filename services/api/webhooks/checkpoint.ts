/** The cursor is written after so many deliveries or so long: after a crash at most these are repeated. */
const SAVE_EVENTS = 50;
const SAVE_MS = 250;
/** Where nothing was delivered, because all of it was not wanted: retention goes by what is written. */
const SAVE_SKIPPED = 1_000;
const SAVE_SKIPPED_MS = 60_000;

/** Decides when a delivery loop writes its cursor. */
export class Checkpoint {
  #deliveries = 0;
  #firstAt = 0;
  #writtenAt = performance.now();

  /** An event was delivered behind the cursor that is written. */
  delivered(): void {
    if (this.#deliveries === 0) this.#firstAt = performance.now();
    this.#deliveries += 1;
  }

  /** The row has every delivery so far. */
  noted(): void {
    this.#deliveries = 0;
  }

  written(): void {
    this.#deliveries = 0;
    this.#writtenAt = performance.now();
  }

  /** The time until the cursor must be written; `skipped`: how far it is ahead of the row. */
  dueInMs(skipped: number): number {
    if (this.#deliveries >= SAVE_EVENTS) return 0;
    if (this.#deliveries > 0) return this.#firstAt + SAVE_MS - performance.now();
    if (skipped <= 0) return Number.POSITIVE_INFINITY;
    return skipped >= SAVE_SKIPPED ? 0 : this.#writtenAt + SAVE_SKIPPED_MS - performance.now();
  }
}
