import type { Response } from 'express';
import { isInDoubt, isOpen, isScheduled, MESSAGE_STATES } from '../../contract/message-states.ts';
import { WakeSignal } from '../../runtime/wake-signal.ts';
import type { MessageChanges } from '../outbox/changes.ts';
import { toMessage } from '../outbox/message.ts';
import { isStorageError } from '../store/storage-errors.ts';
import type { Store } from '../store/store.ts';
import type { Receipt } from './accept.ts';

export interface OutcomeWaitParts {
  readonly store: Store;
  readonly changes: MessageChanges;
}

/** The reason of a message that a client asked to cancel while it may have been sent. */
export const CANCELING =
  'a cancel was asked for: the message is not sent again, and ends once it is known whether it was sent';

/** Looks at least this often: the message may be sent by another process, whose changes nobody tells here. */
const LOOK_MS = 1_000;

/** A wait for what becomes of a message. Nothing is missed that happens between `watch` and `end`. */
export class OutcomeWait implements Disposable {
  readonly #parts: OutcomeWaitParts;
  readonly #signal = new WakeSignal();
  #stopWatching: () => void = () => undefined;
  #hasClientGone = false;

  constructor(parts: OutcomeWaitParts, response: Response) {
    this.#parts = parts;
    response.once('close', () => {
      this.#hasClientGone = true;
      this.#signal.set();
    });
  }

  watch(id: string): void {
    this.#stopWatching();
    this.#stopWatching = this.#parts.changes.watch(id, () => this.#signal.set());
  }

  /**
   * What is known of the message when nothing more will be tried, or not for now; when `until` has come (of
   * performance.now), or when nobody waits for it any more.
   */
  async end(first: Receipt, until: number): Promise<Receipt> {
    let receipt = first;
    for (;;) {
      const leftMs = until - performance.now();
      const isOver = this.#hasClientGone || this.#parts.changes.isStopping || leftMs <= 0;
      if (isOver || !isOpen(receipt.state)) return receipt;
      await this.#signal.wait(Math.min(leftMs, LOOK_MS));
      receipt = await this.#look(receipt);
    }
  }

  [Symbol.dispose](): void {
    this.#stopWatching();
  }

  /** It is accepted, on disk: that it cannot be read now is no reason to say otherwise. */
  async #look(last: Receipt): Promise<Receipt> {
    try {
      const row = await this.#parts.store.read((db) =>
        db.selectFrom('messages').selectAll().where('id', '=', last.id).executeTakeFirst(),
      );
      return row === undefined ? last : toMessage(row);
    } catch (error) {
      if (!isStorageError(error)) throw error;
      return last;
    }
  }
}

/** Why the session sends nothing, or nothing of one account; undefined while it does. */
export interface SessionWaits {
  readonly whyWaiting: string | undefined;
  whyHeldBack(account: string | undefined): string | undefined;
}

/** Why a message has not been sent yet, as far as is known. What the account holds back waits for nothing else. */
export function whyWaiting({ account, reason, sendAt, state }: Receipt, session: SessionWaits): string {
  const heldBack = session.whyHeldBack(account);
  if (heldBack !== undefined) return heldBack;
  if (reason !== undefined) return reason;
  const { text = state } = MESSAGE_STATES[state];
  if (isScheduled(state) && sendAt !== undefined) return `${text} ${new Date(sendAt).toISOString()}`;
  return isInDoubt(state) ? text : (session.whyWaiting ?? text);
}
