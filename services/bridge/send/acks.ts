/** Ids whose acknowledgements are remembered; the oldest are forgotten. */
const REMEMBERED = 5_000;

/**
 * The acknowledgements of own messages, by stanza id. Those of unknown ids are kept too: an ack may come before the
 * send that it belongs to has been answered.
 */
export class Acks {
  readonly #acks = new Map<string, number>();
  readonly #waiting = new Map<string, Set<() => void>>();
  #lastServerAckAt: Date | undefined;

  get lastServerAckAt(): Date | undefined {
    return this.#lastServerAckAt;
  }

  /** -1 (failed) is final; else the highest counts. */
  record(stanzaId: string, ack: number): void {
    const known = this.#acks.get(stanzaId) ?? 0;
    this.#acks.delete(stanzaId);
    this.#acks.set(stanzaId, known < 0 || ack < 0 ? -1 : Math.max(known, ack));
    for (const oldest of this.#acks.keys()) {
      if (this.#acks.size <= REMEMBERED) break;
      this.#acks.delete(oldest);
    }
    if (ack >= 1) this.#lastServerAckAt = new Date();
    if (ack !== 0) for (const wake of this.#waiting.get(stanzaId) ?? []) wake();
  }

  /** The page has been asked: what events have told so far no longer counts, a refusal in particular. */
  correct(stanzaId: string, ack: number): void {
    this.#acks.delete(stanzaId);
    this.record(stanzaId, ack);
  }

  /** Another account is linked. */
  clear(): void {
    this.#acks.clear();
  }

  of(stanzaId: string): number {
    return this.#acks.get(stanzaId) ?? 0;
  }

  /** The ack, as soon as it is not 0, or when `ms` have passed or the signal aborts. */
  async settled(stanzaId: string, ms: number, signal: AbortSignal): Promise<number> {
    if (this.of(stanzaId) === 0 && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, ms);
      const onAbort = () => resolve();
      signal.addEventListener('abort', onAbort);
      const waiting = this.#waiting.get(stanzaId) ?? new Set();
      this.#waiting.set(stanzaId, waiting.add(resolve));
      await promise;
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      waiting.delete(resolve);
      if (waiting.size === 0) this.#waiting.delete(stanzaId);
    }
    return this.of(stanzaId);
  }
}
