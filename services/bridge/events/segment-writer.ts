import type { FileHandle } from 'node:fs/promises';
import { errorText } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Segment, SpoolFolder } from './spool-folder.ts';

/** Appends to the newest segment of a spool, and begins another when it is full or a write to it has failed. */
export class SegmentWriter {
  readonly #folder: SpoolFolder;
  readonly #segments: Segment[];
  readonly #mostBytes: number;
  readonly #log: Log;
  #open: { readonly segment: Segment; readonly file: FileHandle } | undefined;

  /** Adds each segment that it begins to `segments`. */
  constructor(folder: SpoolFolder, segments: Segment[], mostBytes: number, log: Log) {
    this.#folder = folder;
    this.#segments = segments;
    this.#mostBytes = mostBytes;
    this.#log = log;
  }

  /** The segment that the next lines may go to. */
  get segment(): Segment | undefined {
    return this.#open?.segment;
  }

  /** Writes lines, of which the first has this number. Resolves when they are on disk. One call at a time. */
  async write(first: number, content: Buffer): Promise<void> {
    try {
      const { segment, file } = await this.#openFor(first, content.length);
      await writeAll(file, content, segment.bytes);
      await file.datasync();
      segment.bytes += content.length;
    } catch (error) {
      await this.#abandon();
      throw error;
    }
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.file.close();
  }

  async #openFor(first: number, bytes: number): Promise<{ segment: Segment; file: FileHandle }> {
    const full = this.#open;
    if (full !== undefined && full.segment.bytes > 0 && full.segment.bytes + bytes > this.#mostBytes) {
      this.#open = undefined;
      await full.file.close();
    }
    if (this.#open === undefined) {
      const file = await this.#folder.create(first);
      const segment = { first, bytes: 0 };
      this.#segments.push(segment);
      this.#open = { segment, file };
    }
    return this.#open;
  }

  /** After a failed write or fsync nobody knows what the file holds behind its last good line: another is begun. */
  async #abandon(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    const { segment, file } = open;
    if (segment.bytes === 0) this.#segments.pop();
    try {
      if (segment.bytes === 0) await this.#folder.remove(segment);
      else await file.truncate(segment.bytes);
    } catch (error) {
      // The next start may find lines there that were posted from memory, or a torn one.
      this.#log.debug(`the spool keeps the rest of a failed write: ${errorText(error)}`);
    } finally {
      await file.close().catch((error: unknown) => this.#log.debug(errorText(error)));
    }
  }
}

async function writeAll(file: FileHandle, content: Buffer, at: number): Promise<void> {
  for (let done = 0; done < content.length; ) {
    const { bytesWritten } = await file.write(content, done, content.length - done, at + done);
    done += bytesWritten;
  }
}
