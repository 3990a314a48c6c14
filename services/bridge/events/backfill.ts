import { setTimeout as wait } from 'node:timers/promises';
import { errorText } from '../../contract/errors.ts';
import type { BridgeEvent } from '../../contract/events.ts';
import { backoffMs } from '../../runtime/backoff.ts';
import type { Log } from '../../runtime/log.ts';
import {
  type ActiveChat,
  type ChatPiece,
  type ChatRange,
  readActiveChats,
  readChatPiece,
  readLoadTime,
} from '../page/backfill.ts';
import type { WhatsApp } from '../page/whatsapp.ts';
import { BackfillCursor } from './backfill-cursor.ts';
import { toBridgeEvent } from './bridge-event.ts';
import { Pairing } from './pairing.ts';

/** Looked at once more: times are in seconds, and of different clocks. */
const MARGIN_S = 600;
const MOST_CHATS = 500;
const MOST_OF_A_CHAT = 1_000;
const MOST_IN_ALL = 10_000;
/** Between two looks into the page, for the sends. */
const STEP_PAUSE_MS = 10;
/** What waited at WhatsApp may come for a while yet, and not in the order of its times. */
const SETTLE_MS = 60_000;
/** Then it is told that something may be missing. */
const MOST_FAILURES = 6;
const PAUSES = { firstMs: 5_000, mostMs: 300_000 };
/** Between looks at what a device that was just linked has got of its history. */
const HISTORY_PAUSES = { firstMs: 1_000, mostMs: 60_000 };
/** Keys of events that are safe: what was told live a moment ago need not be told again. */
const REMEMBERED = 20_000;

/** What a look back needs of a browser. */
export interface CaughtUpBrowser {
  readonly signal: AbortSignal;
  readonly whatsapp: Pick<WhatsApp, 'account'>;
  call<T>(what: string, act: (whatsapp: Pick<WhatsApp, 'run'>) => Promise<T>): Promise<T>;
}

export interface BackfillOptions {
  readonly session: string;
  readonly cursorPath: string;
  /** Notes since when a phone is linked, until the page has settled. */
  readonly pairingPath: string;
  /** How long after it was linked a page is left alone. */
  readonly pairingQuietMs: number;
  readonly log: Log;
  take(event: BridgeEvent): void;
  /** Resolves when all that was told up to now is safe. */
  kept(): Promise<void>;
}

/**
 * Tells what happened while nobody listened: after each load of the page it looks into the chats for messages since the
 * last that is known to be safe, and tells them as news with the keys that they would have had live, so that what was
 * told before is a repetition. In small steps beside the sends; what fails is tried again. Soon after a phone was linked
 * it tells only what the page holds, and loads the rest later.
 */
export class Backfill {
  readonly #options: BackfillOptions;
  readonly #cursor: BackfillCursor;
  readonly #pairing: Pairing;
  readonly #safeKeys = new Set<string>();
  #run = 0;

  constructor(options: BackfillOptions) {
    this.#options = options;
    this.#cursor = new BackfillCursor(options.cursorPath, options.log);
    this.#pairing = new Pairing(options.pairingPath, options.pairingQuietMs, options.log);
  }

  /** The page shows a code for the phone. */
  codeShown(): void {
    this.#pairing.codeShown();
  }

  /** A login is being made or restored. */
  linking(): void {
    this.#cursor.linking(this.#pairing.linking()).catch((error: unknown) => {
      this.#options.log.warn(`how far messages are known cannot be read: ${errorText(error)}`);
    });
  }

  /** The page of this browser is ready. */
  pageReady(browser: CaughtUpBrowser): void {
    this.#cursor.stop();
    this.#run += 1;
    void this.#catchUp(browser, this.#run);
  }

  pageAway(): void {
    this.#cursor.stop();
    this.#run += 1;
  }

  /** These are safe: on disk, or with the api. */
  kept(events: readonly BridgeEvent[]): void {
    for (const event of events) this.#safeKeys.add(keyOf(event));
    for (const oldest of this.#safeKeys) {
      if (this.#safeKeys.size <= REMEMBERED) break;
      this.#safeKeys.delete(oldest);
    }
    this.#cursor.passed(events);
  }

  async close(): Promise<void> {
    await this.#pairing.close();
    await this.#cursor.close();
  }

  /** Never throws; ends when it is through, or when the page has gone. */
  async #catchUp(browser: CaughtUpBrowser, run: number): Promise<void> {
    const { log } = this.#options;
    for (let failures = 1; ; failures += 1) {
      try {
        const quietMs = await this.#quietForMs(browser);
        await this.#lookBack(browser, run, quietMs === 0);
        if (quietMs > 0) {
          log.info(
            `the phone was linked just now: older messages are looked up in ${Math.ceil(quietMs / 1000)} s`,
          );
          // Its history arrives for minutes. Meanwhile the bridge reports what has arrived, and loads nothing.
          const endMs = performance.now() + quietMs;
          for (let looks = 1; performance.now() < endMs; looks += 1) {
            const pauseMs = Math.min(endMs - performance.now(), backoffMs(looks, HISTORY_PAUSES));
            if (!(await this.#isStillUp(browser, run, pauseMs))) return;
            if (performance.now() < endMs) await this.#lookBack(browser, run, false);
            failures = 1;
          }
          await this.#lookBack(browser, run, true);
        }
        if (await this.#isStillUp(browser, run, SETTLE_MS)) this.#cursor.goOn();
        return;
      } catch (error) {
        if (browser.signal.aborted || run !== this.#run) return;
        log.warn({ err: error }, `what was missed could not be looked up, and will be: ${errorText(error)}`);
        if (failures === MOST_FAILURES) return this.#giveUp(errorText(error));
      }
      if (!(await this.#isStillUp(browser, run, backoffMs(failures, PAUSES)))) return;
    }
  }

  async #isStillUp(browser: CaughtUpBrowser, run: number, afterMs: number): Promise<boolean> {
    await wait(afterMs, undefined, { signal: browser.signal, ref: false }).catch(() => 'it is over');
    return !browser.signal.aborted && run === this.#run;
  }

  async #quietForMs(browser: CaughtUpBrowser): Promise<number> {
    return this.#pairing.quietForMs(await browser.call('the time of the load', readLoadTime));
  }

  async #lookBack(browser: CaughtUpBrowser, run: number, mayLoad: boolean): Promise<void> {
    const { account } = browser.whatsapp;
    if (account === undefined) throw new Error('the page does not say whose it is');
    const since = await this.#cursor.since(account, MARGIN_S);
    const chats = await browser.call('a look for active chats', (whatsapp) =>
      readActiveChats(whatsapp, since ?? 0),
    );
    if (run !== this.#run) return;
    if (since === undefined) {
      await this.#cursor.begin(account.id, nowAt(chats));
      return;
    }
    let told = 0;
    let failure: unknown;
    for (const [index, { id }] of chats.entries()) {
      if (index >= MOST_CHATS || told >= MOST_IN_ALL) {
        this.#tellGap('chats', `more happened than is looked up: ${chats.length - index} chats are left out`);
        break;
      }
      try {
        told += await this.#lookInto(browser, run, id, { since, most: MOST_OF_A_CHAT, mayLoad });
      } catch (error) {
        failure ??= error; // The other chats are told all the same.
      }
      if (browser.signal.aborted || run !== this.#run) return;
    }
    if (failure !== undefined) throw failure;
    await this.#options.kept();
    if (told > 0) this.#options.log.info(`${told} events were looked up in ${chats.length} chats`);
  }

  /** Tells what is new in a chat; gives how many events that made. */
  async #lookInto(
    browser: CaughtUpBrowser,
    run: number,
    chatId: string,
    range: Omit<ChatRange, 'from'>,
  ): Promise<number> {
    const { session, take, kept, log } = this.#options;
    let told = 0;
    for (let from: number | undefined = 0; from !== undefined && run === this.#run; ) {
      const start: number = from;
      const piece: ChatPiece = await browser.call('a look into a chat', (whatsapp) =>
        readChatPiece(whatsapp, chatId, { ...range, from: start }),
      );
      for (const inbound of piece.events) {
        if (inbound.kind === 'unreadable')
          log.warn(`a message could not be looked up: ${inbound.error.message}`);
        else {
          const event = toBridgeEvent(session, inbound, browser.whatsapp.account?.id);
          if (this.#safeKeys.has(keyOf(event))) continue;
          take(event);
          told += 1;
        }
      }
      if (piece.isCut && start === 0)
        this.#tellGap(
          chatId,
          `more happened than is looked up: the oldest messages of ${chatId} are left out`,
        );
      from = piece.next;
      await kept();
      await wait(STEP_PAUSE_MS);
    }
    return told;
  }

  /** So that one chat that can never be read does not hold up all that comes after. */
  #giveUp(why: string): void {
    this.#tellGap('failed', `what happened while nobody listened could not all be looked up: ${why}`);
    this.#cursor.goOn();
  }

  #tellGap(place: string, reason: string): void {
    const { session, take, log } = this.#options;
    log.warn(reason);
    take({
      session,
      key: `gap:backfill:${this.#cursor.at}:${place}`,
      at: new Date().toISOString(),
      kind: 'gap',
      data: { reason },
    });
  }
}

/** Two accounts may have the same message, in a group of both. */
function keyOf({ account = '', key }: BridgeEvent): string {
  return `${account} ${key}`;
}

/** The first second that is news: after the last of the past, by WhatsApp's clock. */
function nowAt([newest]: readonly ActiveChat[]): number {
  const now = Math.floor(Date.now() / 1000);
  return newest === undefined ? now : Math.min(now, newest.t + 1);
}
