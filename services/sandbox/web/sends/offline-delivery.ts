import { sleep } from '../objects/emitter.ts';
import { current } from '../settings.ts';
import { Cmd } from '../socket.ts';

/** After this time the page no longer waits. Source: `WAWebEventsWaitForOfflineDeliveryEnd` (jigger@0fbd5e1a). */
const LIMIT_MS = 300_000;

/**
 * The server first delivers all that came while the page was away. Sends wait for the end of that.
 * Source: `WAWebSendMsgJob`, `WAWebEventsWaitForOfflineDeliveryEnd` (jigger@0fbd5e1a).
 */
class OfflineDelivery {
  /** False until the first delivery has ended, and again from each new connection on. */
  isEnd = false;
  #ended = Promise.withResolvers<void>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** The page has connected. Whoever waits already goes on waiting, for the end of this delivery. */
  begin(): void {
    clearTimeout(this.#timer);
    if (this.isEnd) this.#ended = Promise.withResolvers();
    this.isEnd = false;
    Cmd.trigger('offline_delivery_state_reset_from_bridge');
    const { offlineDeliveryMs } = current.settings;
    if (offlineDeliveryMs === 0) this.#end();
    else this.#timer = setTimeout(() => this.#end(), offlineDeliveryMs);
  }

  /** Resolves at the end of the delivery, or after `LIMIT_MS`. */
  async wait(): Promise<void> {
    if (!this.isEnd) await Promise.race([this.#ended.promise, sleep(LIMIT_MS)]);
  }

  #end(): void {
    this.isEnd = true;
    this.#ended.resolve();
    Cmd.trigger('offline_delivery_end_from_bridge');
  }
}

export const offlineDelivery = new OfflineDelivery();
