/** The time between two tries of the page to reach the phone, as in `services/sandbox/web/outbox.ts`. */
export const RETRY_MS = 250;

/**
 * One load of the page model. It runs beside the bridge as a real page does: no call of one into the other takes effect in
 * the same turn of the event loop, and once the load has ended, nothing in it goes on.
 */
export class PageLoad {
  readonly #ended = Promise.withResolvers<never>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #hasEnded = false;

  constructor() {
    this.#ended.promise.catch(() => 'each call that is under way gets this error');
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Answers a call of the bridge; rejects as puppeteer does when the load ends before. */
  async answer<T>(act: () => Promise<T>): Promise<T> {
    await this.#turn();
    return Promise.race([this.#ended.promise, act()]);
  }

  /** Runs in a later turn, after all that was asked for before. */
  soon(act: () => void): void {
    setImmediate(() => {
      if (!this.#hasEnded) act();
    });
  }

  /** Resolves after this time, and at the earliest in the next turn. Never when the load has ended before. */
  async sleep(ms: number): Promise<void> {
    if (ms > 0)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => {
          this.#timers.delete(timer);
          resolve();
        }, ms);
        this.#timers.add(timer);
      });
    else await new Promise((resolve) => setImmediate(resolve));
    await this.#whileAlive();
  }

  /** Ends the load: each call under way is rejected with this text. */
  end(text: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#ended.reject(new Error(text));
  }

  #turn(): Promise<void> {
    return this.#hasEnded ? this.#ended.promise : new Promise((resolve) => setImmediate(resolve));
  }

  #whileAlive(): Promise<void> {
    return this.#hasEnded ? new Promise(() => undefined) : Promise.resolve();
  }
}
