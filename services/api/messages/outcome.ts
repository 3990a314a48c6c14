import type { Response } from 'express';
import { type ErrorCode, KitError } from '../../contract/errors.ts';
import type { AppParts } from '../app.ts';
import { Alarm } from '../outbox/alarm.ts';
import { isSent, isSettled, toMessage } from '../outbox/message.ts';
import { isStorageError } from '../store/storage-errors.ts';
import type { Receipt } from './accept.ts';

type Parts = Pick<AppParts, 'storage' | 'changes'>;

/** The reason of a message that a client asked to cancel while it may have been sent. */
export const CANCELING =
  'a cancel was asked for: the message is not sent again, and ends once it is known whether it was sent';

/** Looks at least this often: the message may be sent by another process, whose changes nobody tells here. */
const LOOK_MS = 1_000;

/** A wait for what becomes of a message. Nothing is missed that happens between `watch` and `end`. */
export class OutcomeWait implements Disposable {
  readonly #parts: Parts;
  readonly #alarm = new Alarm();
  #stopWatching: () => void = () => undefined;
  #hasClientGone = false;

  constructor(parts: Parts, response: Response) {
    this.#parts = parts;
    response.once('close', () => {
      this.#hasClientGone = true;
      this.#alarm.ring();
    });
  }

  watch(id: string): void {
    this.#stopWatching();
    this.#stopWatching = this.#parts.changes.watch(id, () => this.#alarm.ring());
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
      if (isOver || receipt.state === 'scheduled' || isSettled(receipt.state)) return receipt;
      await this.#alarm.wait(Math.min(leftMs, LOOK_MS));
      receipt = await this.#look(receipt);
    }
  }

  [Symbol.dispose](): void {
    this.#stopWatching();
  }

  /** It is accepted, on disk: that it cannot be read now is no reason to say otherwise. */
  async #look(last: Receipt): Promise<Receipt> {
    try {
      const row = await this.#parts.storage.read((db) =>
        db.selectFrom('messages').selectAll().where('id', '=', last.id).executeTakeFirst(),
      );
      return row === undefined ? last : toMessage(row);
    } catch (error) {
      if (!isStorageError(error)) throw error;
      return last;
    }
  }
}

/** Throws the KitError of a message that will not be sent; its `messageId` says which one. */
export function demandNotFailed({ id, state, reason, errorCode }: Receipt): void {
  if (!isSettled(state) || isSent(state)) return;
  throw new KitError(errorCode ?? CODES[state] ?? 'send_failed', reason ?? state, { messageId: id });
}

/** Why a message has not been sent yet, as far as is known. */
export function whyWaiting({ reason, sendAt, state }: Receipt, sessionReason: string | undefined): string {
  if (reason !== undefined) return reason;
  if (state === 'scheduled' && sendAt !== undefined)
    return `it is to be sent at ${new Date(sendAt).toISOString()}`;
  if (state === 'sending') return 'it is being sent';
  return sessionReason ?? 'it waits for its turn';
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  expired: 'message_expired',
  canceled: 'message_canceled',
};
