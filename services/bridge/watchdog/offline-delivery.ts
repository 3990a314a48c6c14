/** Longest that a send waits for the end. Source: `WAWebEventsWaitForOfflineDeliveryEnd` (jigger@0fbd5e1a). */
const MOST_MS = 300_000;

/**
 * Offline delivery: after each connection the page takes in what waited at WhatsApp, and sends nothing before that has
 * ended. So no acknowledgement can be missing until then, and a reconnect, a reload or a restart would restart the wait.
 */
export class OfflineDelivery {
  readonly #onRemark: (text: string | undefined) => void;
  #connectedAt = 0;
  #expectedSince = 0;
  #isOver = false;
  #remark: string | undefined;

  constructor(onRemark: (text: string | undefined) => void) {
    this.#onRemark = onRemark;
  }

  /** Whether what is sent now goes out at once. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Since when acknowledgements may be expected, by `performance.now()`. */
  get expectedSince(): number {
    return this.#expectedSince;
  }

  /** The page is connected, for the first time or again. */
  connected(): void {
    this.#connectedAt = performance.now();
    this.#expectedSince = this.#connectedAt;
    this.#isOver = false;
  }

  /** There is no page. */
  away(): void {
    this.#isOver = false;
    this.#say(undefined);
  }

  /** The page says whether offline delivery has ended; undefined when it does not say. */
  see(isEnd: boolean | undefined): void {
    const wasOver = this.#isOver;
    this.#isOver = isEnd !== false || performance.now() - this.#connectedAt > MOST_MS;
    // A page that does not say counts as one that had ended it when it was connected.
    if (isEnd !== undefined && !(wasOver && this.#isOver)) this.#expectedSince = performance.now();
    if (isEnd === undefined) this.#say('the page does not tell when offline delivery ends');
    else this.#say(this.#isOver ? undefined : 'sends wait for the end of offline delivery');
  }

  #say(remark: string | undefined): void {
    if (remark === this.#remark) return;
    this.#remark = remark;
    this.#onRemark(remark);
  }
}
