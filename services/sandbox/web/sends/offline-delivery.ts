import { current } from '../settings.ts';
import { Cmd } from '../socket.ts';

/** After this time the page no longer waits. Source: `WAWebEventsWaitForOfflineDeliveryEnd` (jigger@0fbd5e1a). */
const LIMIT_MS = 300_000;

/**
 * The server first delivers all that came while the page was away: messages, receipts and notifications. Then it says that
 * this was all. Sends wait for that. Source: `WAWebHandleInfoBulletin` (what `offline_preview` counts, `offline`),
 * `WAWebSendMsgJob`, `WAWebEventsWaitForOfflineDeliveryEnd` (jigger@0fbd5e1a).
 */
class OfflineDelivery {
  /** False until the first delivery has ended, and again from each new connection on. */
  isEnd = false;
  #ended = Promise.withResolvers<void>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isTimeOver = false;
  #isDelivered = false;

  /** The page has connected. Earlier waits continue until the end of this delivery. */
  begin(): void {
    clearTimeout(this.#timer);
    if (this.isEnd) this.#ended = Promise.withResolvers();
    this.isEnd = false;
    this.#isTimeOver = false;
    this.#isDelivered = false;
    Cmd.trigger('offline_delivery_state_reset_from_bridge');
    const { offlineDeliveryMs } = current.settings;
    this.#timer = setTimeout(() => {
      this.#isTimeOver = true;
      this.#endIfOver();
    }, offlineDeliveryMs);
  }

  /** All that waited at the server has come. */
  delivered(): void {
    this.#isDelivered = true;
    this.#endIfOver();
  }

  /** Resolves at the end of the delivery, or after `LIMIT_MS`. */
  async wait(): Promise<void> {
    if (this.isEnd) return;
    const limit = Promise.withResolvers<void>();
    const timer = setTimeout(limit.resolve, LIMIT_MS);
    await Promise.race([this.#ended.promise, limit.promise]);
    clearTimeout(timer);
  }

  #endIfOver(): void {
    if (this.isEnd || !this.#isTimeOver || !this.#isDelivered) return;
    this.isEnd = true;
    this.#ended.resolve();
    Cmd.trigger('offline_delivery_end_from_bridge');
  }
}

export const offlineDelivery = new OfflineDelivery();
