/** Tells, within this process, that a message has changed: what waits for it looks again. */
export class MessageChanges {
  readonly #waiting = new Map<string, Set<() => void>>();
  #isStopping = false;

  /** The kit stops: whoever waits for a message answers with what there is. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** How many messages somebody waits for. */
  get waiting(): number {
    return this.#waiting.size;
  }

  changed(id: string): void {
    for (const wake of this.#waiting.get(id) ?? []) wake();
  }

  /** Calls back at every change of the message until the returned function is called. */
  watch(id: string, wake: () => void): () => void {
    const wakers = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, wakers);
    wakers.add(wake);
    return () => {
      wakers.delete(wake);
      if (wakers.size === 0) this.#waiting.delete(id);
    };
  }

  stopWaits(): void {
    this.#isStopping = true;
    for (const wakers of this.#waiting.values()) for (const wake of wakers) wake();
  }
}
