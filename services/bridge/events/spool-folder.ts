import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { checkedText, linesOf, readLine, withChecksum } from './spool-line.ts';

/** A file of lines, named after the number of its first. */
export interface Segment {
  readonly first: number;
  /** As far as it is certain to be on disk. */
  bytes: number;
}

/** The next event that is wanted, and where it stands, or would stand. */
export interface Position {
  readonly seq: number;
  readonly segment: number;
  readonly offset: number;
}

const SEGMENT = /^(\d{16})\.jsonl$/;
const CURSOR = 'taken';
/** Always written whole and in place: that works on a full disk as well, and a sector is never torn. */
const CURSOR_BYTES = 128;

const positionSchema = z.object({ seq: z.number(), segment: z.number(), offset: z.number() });

/** The files of one spool. Each call throws the file system's own error. */
export class SpoolFolder {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
  }

  async segments(): Promise<Segment[]> {
    await mkdir(this.dir, { recursive: true });
    const names = (await readdir(this.dir)).filter((name) => SEGMENT.test(name)).sort();
    return Promise.all(
      names.map(async (name) => ({
        first: Number(name.slice(0, 16)),
        bytes: (await stat(join(this.dir, name))).size,
      })),
    );
  }

  /** The number after the last event of a segment. What is torn or garbled at its end counts as one. */
  async endOf({ first }: Segment): Promise<number> {
    const content = await readFile(this.#pathOf(first));
    let end = first;
    let isTorn = content.length > 0;
    for (const { line, end: nextAt } of linesOf(content)) {
      const read = readLine(line);
      if (read !== undefined) end = Math.max(end, read.seq + 1);
      isTorn = read === undefined || nextAt < content.length;
    }
    return isTorn ? end + 1 : end;
  }

  /** Makes the segment that begins with this number, or empties it: only an event that was never kept had it before. */
  async create(first: number): Promise<FileHandle> {
    const segment = await open(this.#pathOf(first), 'w');
    try {
      await this.#syncNames();
      return segment;
    } catch (error) {
      await segment.close();
      throw error;
    }
  }

  async read(first: number, offset: number, bytes: number): Promise<Buffer> {
    const segment = await open(this.#pathOf(first), 'r');
    try {
      const { buffer, bytesRead } = await segment.read(Buffer.alloc(bytes), 0, bytes, offset);
      return buffer.subarray(0, bytesRead);
    } finally {
      await segment.close();
    }
  }

  async remove({ first }: Segment): Promise<void> {
    await rm(this.#pathOf(first), { force: true });
  }

  /** Undefined when there is none, or none that can be believed. */
  async readCursor(): Promise<Position | undefined> {
    try {
      const text = checkedText((await readFile(this.#cursorPath, 'utf8')).trimEnd());
      return text === undefined ? undefined : positionSchema.parse(JSON.parse(text));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Fsynced only where that is asked for: without, events may be posted again after a power cut. */
  async writeCursor(position: Position, mustLast: boolean): Promise<void> {
    const file = await open(this.#cursorPath, constants.O_RDWR | constants.O_CREAT);
    try {
      await file.write(withChecksum(JSON.stringify(position)).padEnd(CURSOR_BYTES), 0);
      if (mustLast) await file.datasync();
    } finally {
      await file.close();
    }
  }

  /** So that a new name outlives a power cut too. */
  async #syncNames(): Promise<void> {
    const folder = await open(this.dir, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  get #cursorPath(): string {
    return join(this.dir, CURSOR);
  }

  #pathOf(first: number): string {
    return join(this.dir, `${String(first).padStart(16, '0')}.jsonl`);
  }
}
