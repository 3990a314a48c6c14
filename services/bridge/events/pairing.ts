import { z } from 'zod';
import { errorText } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { DurableFile } from '../durable-file.ts';

/** WhatsApp Web reloads itself about five minutes after it was paired: a load this long after it is that one. */
const RELOAD_S = 270;

const pairingSchema = z.object({
  /** Unix time in seconds at which the phone was linked. */
  at: z.number().int(),
});

/**
 * The time after a phone was linked in which the page is left alone. To read history before the page's own reload has
 * cost accounts their link, on other gateways. Source: OpenWA#1040, OpenWA#1072. On disk, beside the cursor.
 */
export class Pairing {
  readonly #file: DurableFile<z.infer<typeof pairingSchema>>;
  readonly #quietS: number;
  readonly #log: Log;
  /** A code was shown since the last link. */
  #isCodeShown = false;
  #at: number | undefined;
  #isRead = false;
  #writing: Promise<void> = Promise.resolve();

  /** `quietMs` is how long it lasts when the page does not reload itself. */
  constructor(path: string, quietMs: number, log: Log) {
    this.#file = new DurableFile(path, pairingSchema);
    this.#quietS = quietMs / 1000;
    this.#log = log;
  }

  /** The page shows a code for the phone. */
  codeShown(): void {
    this.#isCodeShown = true;
  }

  /** A login is being made or restored. Returns whether it is a new one. */
  linking(): boolean {
    if (!this.#isCodeShown) return false;
    this.#isCodeShown = false;
    const at = Math.floor(Date.now() / 1000);
    this.#at = at;
    this.#isRead = true;
    this.#queue(() => this.#file.write({ at }), 'that the phone was linked now');
    return true;
  }

  /** Returns how long a page that was loaded then is to be left alone, in ms; 0 when it no longer is. */
  async quietForMs(loadedAt: number): Promise<number> {
    await this.#read();
    if (this.#at === undefined) return 0;
    const leftMs = (this.#at + this.#quietS) * 1000 - Date.now();
    if (leftMs > 0 && loadedAt < this.#at + Math.min(RELOAD_S, this.#quietS)) return leftMs;
    this.#at = undefined;
    this.#queue(() => this.#file.remove(), 'that the time after the link is over');
    return 0;
  }

  /** Resolves when the disk has it. */
  close(): Promise<void> {
    return this.#writing;
  }

  async #read(): Promise<void> {
    if (this.#isRead) return;
    const content = await this.#file.read();
    if (this.#isRead) return; // A phone may have been linked meanwhile.
    this.#isRead = true;
    this.#at = content?.at;
  }

  #queue(write: () => Promise<void>, what: string): void {
    this.#writing = this.#writing.then(write).catch((error: unknown) => {
      this.#log.warn(`${what} could not be noted: ${errorText(error)}`);
    });
  }
}
