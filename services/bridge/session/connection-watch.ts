import { connectionFault, type PageState } from '../page/page-state.ts';
import type { BrowserEnd } from './browser-end.ts';

/** A page that has lost its socket opens the next within about a second, unless it was told not to. */
const CLOSED_MS = 15_000;

const CLOSED =
  'WhatsApp Web has closed its connection and opens no other, as it does when the same login is used elsewhere: stop the other kit or browser that has this login or a copy of it; the bridge takes the login back with a new browser';

/**
 * Sees whether the connection of a page is down, or closed for good. A page whose login is used elsewhere shows no sign of
 * it but this: its state stays CONNECTED, as no attempt begins.
 * Source: `replaced` in `WAWebHandleStreamError`, `stopComms` of `WAComms`, `WAWebCommsConfigBase` (jigger@0fbd5e1a).
 */
export class ConnectionWatch {
  #closedAt: number | undefined;
  #isDropSeen = false;

  /** The last look at a page to which the bridge listens has seen its connection down. */
  get isDropSeen(): boolean {
    return this.#isDropSeen;
  }

  get isClosedForGood(): boolean {
    return this.#closedAt !== undefined && Date.now() - this.#closedAt >= CLOSED_MS;
  }

  /** Why this page has no connection; undefined when it has one. */
  faultOf(page: PageState): string | undefined {
    const isClosed = page.state === 'CONNECTED' && page.stream === 'DISCONNECTED';
    this.#closedAt = isClosed ? (this.#closedAt ?? Date.now()) : undefined;
    return this.isClosedForGood ? CLOSED : connectionFault(page);
  }

  /** Notes what a look has seen. Returns whether the look before it had seen the connection down, too. */
  noteDrop(isDown: boolean): boolean {
    const wasSeen = this.#isDropSeen;
    this.#isDropSeen = isDown;
    return wasSeen;
  }

  /** The end of a browser whose page was not ready in time. Who has the login elsewhere keeps it for a while. */
  endAfter(ms: number, why: string): BrowserEnd {
    const kind = this.isClosedForGood ? 'conflict' : 'failed';
    return { kind, isPublic: true, reason: `WhatsApp was not ready within ${ms} ms (${why})` };
  }
}
