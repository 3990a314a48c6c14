import { errorText } from '../../contract/errors.ts';
import type { BridgeEvent } from '../../contract/events.ts';
import type { Log } from '../../runtime/log.ts';
import { type FileLock, lockFile, logReplaced } from '../../runtime/process/file-lock.ts';
import { SegmentWriter } from './segment-writer.ts';
import { type Position, type Segment, SpoolFolder } from './spool-folder.ts';
import { linesOf, readLine, toLine } from './spool-line.ts';

const MOST_SEGMENT_BYTES = 1024 ** 2;
/** So many segments at least fit into the spool: it drops whole ones. */
const LEAST_SEGMENTS = 8;
/** Read at once: whatever waits, memory stays flat. */
const PIECE_BYTES = 128 * 1024;

export interface SpoolOptions {
  readonly dir: string;
  readonly session: string;
  /** Beyond it the oldest segments go. */
  readonly maxBytes: number;
  readonly log: Log;
}

/** The oldest events that were not taken, and what is the oldest once they are. */
export interface SpoolBatch {
  readonly events: readonly BridgeEvent[];
  readonly next: Position;
  readonly garbledLines: number;
}

/**
 * Events on disk, in order, until they are taken. Each has a number, one more than the one before: wherever a number
 * is missing (segments that were dropped, lines that were torn) a `gap` event with the count stands in its place, with
 * the same key however often it is read.
 */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #folder: SpoolFolder;
  readonly #segments: Segment[];
  readonly #writer: SegmentWriter;
  readonly #lock: FileLock;
  /** The number of the next event to come. */
  #next: number;
  /** Where the next event to take stands. */
  #position: Position;

  private constructor(
    options: SpoolOptions,
    folder: SpoolFolder,
    segments: Segment[],
    lock: FileLock,
    start: { next: number; position: Position },
  ) {
    this.#options = options;
    this.#folder = folder;
    this.#segments = segments;
    this.#writer = new SegmentWriter(
      folder,
      segments,
      Math.min(MOST_SEGMENT_BYTES, options.maxBytes / LEAST_SEGMENTS),
      options.log,
    );
    this.#lock = lock;
    this.#next = start.next;
    this.#position = start.position;
  }

  /** Throws the error of the disk, and KitError that names the owner while another process has this spool. */
  static async open(options: SpoolOptions): Promise<Spool> {
    const lock = lockFile(options.dir, 'bridge_failed');
    logReplaced(lock, options.dir, options.log);
    try {
      const folder = new SpoolFolder(options.dir);
      const { empty = [], used: segments = [] } = Object.groupBy(await folder.segments(), ({ bytes }) =>
        bytes === 0 ? 'empty' : 'used',
      );
      for (const segment of empty) await folder.remove(segment);
      const cursor = await folder.readCursor();
      const last = segments.at(-1);
      const known = Math.max(last === undefined ? 0 : await folder.endOf(last), cursor?.seq ?? 0);
      // A folder that was emptied goes on with numbers that were never used.
      const next = known > 0 ? known : Date.now() * 1000;
      const first = segments[0]?.first ?? next;
      const position = cursor ?? { seq: first, segment: first, offset: 0 };
      if (cursor === undefined) await folder.writeCursor(position, true);
      return new Spool(options, folder, segments, lock, { next, position });
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** Events that were not taken, with those that are lost but not yet told. */
  get waiting(): number {
    return this.#next - this.#position.seq;
  }

  /** Resolves when they are on disk; rejects when they are not, and then nothing has changed. One call at a time. */
  async append(events: readonly BridgeEvent[]): Promise<void> {
    const first = this.#next;
    const content = Buffer.from(events.map((event, index) => toLine({ seq: first + index, event })).join(''));
    await this.#writer.write(first, content);
    this.#next = first + events.length;
    await this.#dropExcess();
  }

  /** Up to so many of the oldest events; undefined when none waits. They stay until `commit`. */
  async peek(most: number): Promise<SpoolBatch | undefined> {
    let { seq } = this.#position;
    let from = this.#position;
    let garbledLines = 0;
    for (;;) {
      const segment = this.#segments.find(({ first }) => first >= from.segment);
      if (segment === undefined) break;
      const offset = segment.first === from.segment ? from.offset : 0;
      if (offset >= segment.bytes) {
        from = { seq, segment: segment.first + 1, offset: 0 };
        continue;
      }
      const piece = await this.#readPiece(segment, offset);
      if (piece === undefined) continue; // It was dropped just now.
      if (!piece.includes('\n')) {
        garbledLines += 1; // The last line of the segment was torn.
        from = { seq, segment: segment.first, offset: segment.bytes };
        continue;
      }
      const batch = this.#collect(piece, most, { seq, segment: segment.first, offset }, garbledLines);
      if (batch.events.length > 0) return batch;
      from = batch.next;
      ({ seq } = batch.next);
      ({ garbledLines } = batch);
    }
    if (seq >= this.#next) return undefined;
    return {
      events: [this.#gap(seq, this.#next, garbledLines)],
      next: { ...from, seq: this.#next },
      garbledLines,
    };
  }

  /** They are taken: what holds nothing else is removed. Rejects when the disk refuses that; they are taken all the same. */
  async commit({ next, garbledLines }: SpoolBatch): Promise<void> {
    this.#position = next;
    if (garbledLines > 0)
      this.#options.log.error(`${garbledLines} lines of the spool were torn or garbled, and are skipped`);
    const isTaken = (segment: Segment) =>
      segment.first < next.segment ||
      (segment.first === next.segment && next.offset >= segment.bytes && segment !== this.#writer.segment);
    const taken: Segment[] = [];
    for (let [oldest] = this.#segments; oldest !== undefined && isTaken(oldest); [oldest] = this.#segments) {
      taken.push(oldest);
      this.#segments.shift();
    }
    // First the cursor, to last: events that are gone while it stands before them would count as lost.
    await this.#folder.writeCursor(next, taken.length > 0);
    for (const segment of taken) await this.#folder.remove(segment);
  }

  async close(): Promise<void> {
    await this.#writer.close();
    this.#lock.release();
  }

  async #dropExcess(): Promise<void> {
    const { maxBytes, log } = this.#options;
    let total = this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
    while (total > maxBytes && this.#segments.length > 1) {
      const [oldest, following] = this.#segments;
      if (oldest === undefined || following === undefined) return;
      this.#segments.shift();
      total -= oldest.bytes;
      const lost = following.first - Math.max(oldest.first, this.#position.seq);
      if (lost > 0)
        log.error(`the api has been away for too long: ${lost} events were dropped, the oldest first`);
      await this.#folder
        .remove(oldest)
        .catch((error: unknown) =>
          log.warn(`a dropped part of the spool is still there: ${errorText(error)}`),
        );
    }
  }

  /** A piece with at least one whole line, or all that the segment still has; undefined when it is gone. */
  async #readPiece(segment: Segment, offset: number): Promise<Buffer | undefined> {
    for (let bytes = PIECE_BYTES; ; bytes *= 4) {
      const rest = segment.bytes - offset;
      try {
        const piece = await this.#folder.read(segment.first, offset, Math.min(bytes, rest));
        if (bytes >= rest || piece.includes('\n')) return piece;
      } catch (error) {
        if (this.#segments.includes(segment)) throw error;
        return undefined;
      }
    }
  }

  #collect(piece: Buffer, most: number, from: Position, garbledBefore: number): SpoolBatch {
    const events: BridgeEvent[] = [];
    let { seq, offset } = from;
    let garbledLines = garbledBefore;
    for (const { line, end } of linesOf(piece)) {
      if (events.length >= most) break;
      const read = readLine(line);
      if (read === undefined) garbledLines += 1;
      else if (read.seq > seq) {
        events.push(this.#gap(seq, read.seq, garbledLines));
        ({ seq } = read);
        if (events.length >= most) break; // The event itself is the first of the next batch.
      }
      if (read?.seq === seq) {
        events.push(read.event);
        seq += 1;
      }
      offset = from.offset + end;
    }
    return { events, next: { seq, segment: from.segment, offset }, garbledLines };
  }

  #gap(from: number, to: number, garbledLines: number): BridgeEvent {
    const reason =
      garbledLines > 0
        ? 'lines of the spool were torn or garbled'
        : 'the api was away for too long, and the oldest events were dropped';
    return {
      session: this.#options.session,
      key: `gap:spool:${from}-${to}`,
      at: new Date().toISOString(),
      kind: 'gap',
      data: { lost: to - from, reason },
    };
  }
}
