/** More than what two clocks may differ by between two looks. */
const JUMP_MS = 5_000;

/** Notices that the system's clock was set back, by the clock that never is. */
export class ClockWatch {
  #wall = Date.now();
  #steady = performance.now();

  /** Whether it was since the last call. */
  wasSetBack(): boolean {
    const wall = Date.now();
    const steady = performance.now();
    const jumpMs = wall - this.#wall - (steady - this.#steady);
    this.#wall = wall;
    this.#steady = steady;
    return jumpMs < -JUMP_MS;
  }
}
