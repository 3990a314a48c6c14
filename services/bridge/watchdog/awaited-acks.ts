/** The messages that wait for the ack of WhatsApp's server, oldest first. */
export class AwaitedAcks {
  /** By message id: when it came to be watched. */
  readonly #messages = new Map<string, { readonly at: number; readonly date: Date }>();
  #lastAckAt = Number.NEGATIVE_INFINITY;

  get ids(): string[] {
    return [...this.#messages.keys()];
  }

  get isEmpty(): boolean {
    return this.#messages.size === 0;
  }

  /** Since when the oldest is watched. */
  get oldest(): Date | undefined {
    return this.#messages.values().next().value?.date;
  }

  watch(id: string): void {
    if (!this.#messages.has(id)) this.#messages.set(id, { at: performance.now(), date: new Date() });
  }

  /** Takes an ack; returns whether it proves that WhatsApp's server acknowledges messages. */
  settle(id: string, ack: number): boolean {
    const wasWaiting = ack !== 0 && this.#messages.delete(id);
    // A 1 is the server's own word, for whatever message; what follows it is the recipient's.
    return ack === 1 || (wasWaiting && ack > 0);
  }

  delete(id: string): void {
    this.#messages.delete(id);
  }

  clear(): void {
    this.#messages.clear();
  }

  /** The server has acknowledged a message: the time of the others begins again. */
  acknowledged(): void {
    this.#lastAckAt = performance.now();
  }

  /** Whether no ack has come for this long, while a message waits for one and the page is connected. */
  isOverdue(timeoutMs: number, connectedAt: number): boolean {
    const [oldest] = this.#messages.values();
    if (oldest === undefined) return false;
    const quietSince = Math.max(oldest.at, this.#lastAckAt, connectedAt);
    return performance.now() - quietSince > timeoutMs;
  }
}
