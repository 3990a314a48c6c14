import { z } from 'zod';
import { errorText } from '../../contract/errors.ts';
import type { BridgeEvent } from '../../contract/events.ts';
import type { Log } from '../../runtime/log.ts';
import { DurableFile } from '../durable-file.ts';

const WRITE_EVERY_MS = 1_000;
/** From the first sign of a link to the look at the clock. */
const LINKING_S = 2;

const cursorSchema = z.object({
  /** Whose messages they are: another phone that is linked has a past of its own. Empty until the page says. */
  account: z.string(),
  /** Unix time in seconds by WhatsApp: all that is older is known. */
  at: z.number().int(),
  /** What is older than this was there before the link, and is no news. */
  floor: z.number().int(),
});
type Cursor = z.infer<typeof cursorSchema>;

/**
 * Up to what time every message is known to be safe, in the spool or with the api; on disk, beside the spool. While
 * something may have been missed it stands still, however new the messages are that come meanwhile.
 */
export class BackfillCursor {
  readonly #file: DurableFile<Cursor>;
  readonly #log: Log;
  #cursor: Cursor | undefined;
  #newest = 0;
  #isCaughtUp = false;
  #timer: NodeJS.Timeout | undefined;
  #linking: Promise<void> = Promise.resolve();
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, log: Log) {
    this.#file = new DurableFile(path, cursorSchema);
    this.#log = log;
  }

  /** Unix time in seconds; 0 before it is known. */
  get at(): number {
    return this.#cursor?.at ?? 0;
  }

  /** A login is being made or restored: if it is the first that is known of, news begins now. */
  linking(): Promise<void> {
    this.#linking = this.#beginAtLink();
    return this.#linking;
  }

  /** From when on there may be news for this account; undefined when it was never linked before. */
  async since(account: string, marginS: number): Promise<number | undefined> {
    // The page may be ready before the file is read (test: backfill). Without its content, all that was missed is lost.
    await this.#linking.catch(() => undefined);
    await this.#load();
    if (this.#cursor?.account === '') this.#cursor = { ...this.#cursor, account };
    if (this.#cursor?.account !== account) return undefined;
    return Math.max(this.#cursor.at - marginS, this.#cursor.floor);
  }

  /** Of this account everything from here on is news. */
  begin(account: string, at: number): Promise<void> {
    this.#newest = 0;
    this.#cursor = { account, at, floor: at };
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

  async #beginAtLink(): Promise<void> {
    await this.#load();
    if (this.#cursor === undefined) await this.begin('', Math.floor(Date.now() / 1000) - LINKING_S);
  }

  async #load(): Promise<void> {
    if (this.#cursor !== undefined) return;
    const read = await this.#file.read();
    this.#cursor ??= read; // It may have begun meanwhile.
  }

  #writeSoon(): void {
    if (!this.#isCaughtUp) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#write();
    }, WRITE_EVERY_MS).unref();
  }

  /** Never throws: with an older cursor more is looked at than need be. */
  #write(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      const cursor = this.#cursor;
      if (cursor === undefined || !this.#isCaughtUp) return;
      // A message from the future, by whoever's clock, must not hide those of the present.
      const at = Math.max(cursor.at, Math.min(this.#newest, Math.floor(Date.now() / 1000)));
      try {
        await this.#file.write({ ...cursor, at });
        // Another account may have begun during the write (test: backfill).
        if (this.#cursor === cursor) this.#cursor = { ...cursor, at };
      } catch (error) {
        this.#log.debug(`how far the messages are known could not be kept: ${errorText(error)}`);
      }
    });
    return this.#writing;
  }
}
