import { z } from 'zod';
import { errorText } from '../../contract/errors.ts';
import type { BridgeEvent } from '../../contract/events.ts';
import type { Account } from '../../contract/person.ts';
import type { Log } from '../../runtime/log.ts';
import { DurableFile } from '../durable-file.ts';
import { isAccount } from '../page/people/account.ts';

const WRITE_EVERY_MS = 1_000;
/** From the first sign of a link to the look at the clock. */
const LINKING_S = 2;
/** Accounts that were linked before and may come back. */
const MOST_OTHERS = 20;

const cursorSchema = z.object({
  /** Whose messages they are: another phone that is linked has a past of its own. Empty until the page says. */
  account: z.string(),
  /** Unix time in seconds by WhatsApp: all that is older is known. */
  at: z.number().int(),
  /** What is older than this was there before the link, and is no news. */
  floor: z.number().int(),
});
type Cursor = z.infer<typeof cursorSchema>;

/** The cursor of the account that is linked, as an earlier release reads it too, and those of earlier accounts, newest first. */
const fileSchema = cursorSchema.extend({ others: z.array(cursorSchema).readonly().optional() });

/**
 * Up to what time every message of an account is known to be safe, in the spool or with the api; on disk, beside the spool. While
 * something may have been missed it stands still, however new the messages are that come meanwhile.
 */
export class BackfillCursor {
  readonly #file: DurableFile<z.infer<typeof fileSchema>>;
  readonly #log: Log;
  #cursor: Cursor | undefined;
  /** Of accounts that are not linked now. */
  #others: readonly Cursor[] = [];
  #newest = 0;
  #isCaughtUp = false;
  #timer: NodeJS.Timeout | undefined;
  #linking: Promise<void> = Promise.resolve();
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, log: Log) {
    this.#file = new DurableFile(path, fileSchema);
    this.#log = log;
  }

  /** Unix time in seconds; 0 before it is known. */
  get at(): number {
    return this.#cursor?.at ?? 0;
  }

  /**
   * A login is being made or restored. If it is new, or the first that is known of, news begins now, unless its account
   * turns out to be one that was linked before.
   */
  linking(isNew: boolean): Promise<void> {
    this.#linking = this.#linking.catch(() => undefined).then(() => this.#beginAtLink(isNew));
    return this.#linking;
  }

  /** From when on there may be news for this account; undefined when it is not known when it was linked. */
  async since(account: Account, marginS: number): Promise<number | undefined> {
    // The page may be ready before the file is read (test: backfill). Without its content, all that was missed is lost.
    await this.#linking.catch(() => undefined);
    await this.#load();
    const kept = [this.#cursor, ...this.#others].find(
      (one) => one !== undefined && isAccount(account, one.account),
    );
    const found = kept ?? (this.#cursor?.account === '' ? this.#cursor : undefined);
    if (found === undefined) return undefined;
    if (found !== this.#cursor || found.account !== account.id) {
      this.#use({ ...found, account: account.id }, found);
      // Now, and not once all is caught up: the phone may be linked again before that, from another process (test: cursor).
      await this.#write(true);
    }
    return Math.max(found.at - marginS, found.floor);
  }

  /** Of this account everything from here on is news. */
  begin(account: string, at: number): Promise<void> {
    this.#use({ account, at, floor: at }, undefined);
    this.#isCaughtUp = true;
    return this.#write();
  }

  /** Something may be missed from here on. */
  stop(): void {
    this.#isCaughtUp = false;
  }

  /** What was missed is safe by now. */
  goOn(): void {
    this.#isCaughtUp = true;
    this.#writeSoon();
  }

  /** These are safe. */
  passed(events: readonly BridgeEvent[]): void {
    for (const event of events) {
      // What is still on its way of another account says nothing of this one.
      if (event.account !== this.#cursor?.account) continue;
      if (event.kind === 'message' || event.kind === 'message_sent')
        this.#newest = Math.max(this.#newest, event.data.timestamp);
    }
    this.#writeSoon();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#write();
  }

  /** Makes a cursor the one that counts; `former` is what it was before, if it was there. */
  #use(cursor: Cursor, former: Cursor | undefined): void {
    const left = [this.#cursor, ...this.#others].filter(
      (one) => one !== undefined && one !== former && one.account !== '' && one.account !== cursor.account,
    );
    this.#others = left.filter((one) => one !== undefined).slice(0, MOST_OTHERS);
    this.#cursor = cursor;
    this.#newest = 0;
  }

  async #beginAtLink(isNew: boolean): Promise<void> {
    await this.#load();
    if (isNew || this.#cursor === undefined) await this.begin('', Math.floor(Date.now() / 1000) - LINKING_S);
  }

  async #load(): Promise<void> {
    if (this.#cursor !== undefined) return;
    const read = await this.#file.read();
    if (this.#cursor !== undefined || read === undefined) return; // It may have begun meanwhile.
    const { others = [], ...cursor } = read;
    this.#cursor = cursor;
    this.#others = others;
  }

  #writeSoon(): void {
    if (!this.#isCaughtUp) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#write();
    }, WRITE_EVERY_MS).unref();
  }

  /** Never throws: with an older cursor more is looked at than need be. `isOfAccount`: whose it is has just become known. */
  #write(isOfAccount = false): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      const cursor = this.#cursor;
      if (cursor === undefined || !(this.#isCaughtUp || isOfAccount)) return;
      // A message from the future, by whoever's clock, must not hide those of the present.
      const newest = this.#isCaughtUp ? Math.min(this.#newest, Math.floor(Date.now() / 1000)) : 0;
      const at = Math.max(cursor.at, newest);
      try {
        const others = this.#others;
        await this.#file.write({ ...cursor, at, ...(others.length === 0 ? {} : { others }) });
        // Another account may have begun during the write (test: backfill).
        if (this.#cursor === cursor) this.#cursor = { ...cursor, at };
      } catch (error) {
        this.#log.debug(`how far the messages are known could not be kept: ${errorText(error)}`);
      }
    });
    return this.#writing;
  }
}
