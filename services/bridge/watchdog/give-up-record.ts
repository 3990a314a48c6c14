import { z } from 'zod';
import { errorText } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { DurableFile } from '../durable-file.ts';

const MOST_NOTED = 1_000;

const recordSchema = z.object({
  /** How often all steps of the ladder were taken without an ack. */
  rounds: z.number().int().positive(),
  /** ISO time of the oldest message without an ack. */
  since: z.string(),
  /** The id of the account whose messages they are; an earlier release did not note it. */
  account: z.string().optional(),
  /** The messages without an ack. */
  ids: z.array(z.string()),
});

/** The note that a process leaves for the next one when it gives up: it outlives the process. */
export class GiveUpRecord {
  readonly #file: DurableFile<z.infer<typeof recordSchema>>;
  readonly #log: Log;
  #content: z.infer<typeof recordSchema> | undefined;

  constructor(path: string, log: Log) {
    this.#file = new DurableFile(path, recordSchema);
    this.#log = log;
  }

  /** Undefined when no process has given up since the last ack. */
  get content(): z.infer<typeof recordSchema> | undefined {
    return this.#content;
  }

  /** Reads what an earlier process has left. Never throws. */
  async read(): Promise<void> {
    try {
      this.#content = await this.#file.read();
    } catch (error) {
      this.#log.warn(`whether acknowledgements were missing before is not known: ${errorText(error)}`);
    }
  }

  /** Notes one more round. Never throws. */
  async write(since: string, ids: readonly string[], account: string | undefined): Promise<void> {
    const rounds = (this.#content?.rounds ?? 0) + 1;
    const whose = account === undefined ? {} : { account };
    this.#content = { rounds, since, ...whose, ids: ids.slice(0, MOST_NOTED) };
    try {
      await this.#file.write(this.#content);
    } catch (error) {
      this.#log.warn(`that acknowledgements are missing could not be noted: ${errorText(error)}`);
    }
  }

  /** Throws the file system's own error. */
  async remove(): Promise<void> {
    this.#content = undefined;
    await this.#file.remove();
  }
}
