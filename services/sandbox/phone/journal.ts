import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { KitError } from '../../contract/errors.ts';

/**
 * A file that grows by one JSON line per record. A written record outlives a killed process; without fsync
 * it may not outlive a power cut, which a stand-in may leave at that.
 */
export class Journal<Entry> {
  readonly path: string;
  /** What earlier runs wrote. */
  readonly past: readonly Entry[];
  #file: number | undefined;

  constructor(path: string, parse: (value: unknown) => Entry) {
    mkdirSync(dirname(path), { recursive: true });
    this.path = path;
    // Made if missing, so that reading needs no case of its own.
    appendFileSync(path, '');
    this.past = readEntries(path, parse);
    this.#file = openSync(path, 'a', 0o600);
  }

  append(entry: Entry): void {
    if (this.#file === undefined) throw new KitError('internal_error', `${this.path} is closed`);
    writeSync(this.#file, `${JSON.stringify(entry)}\n`);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

/** A last line without its end was being written when the process was killed: nobody was told of it, so it goes. */
function readEntries<Entry>(path: string, parse: (value: unknown) => Entry): Entry[] {
  const bytes = readFileSync(path);
  const wholeBytes = bytes.lastIndexOf('\n') + 1;
  if (wholeBytes < bytes.length) truncateSync(path, wholeBytes);
  const lines = bytes.subarray(0, wholeBytes).toString('utf8').split('\n').slice(0, -1);
  return lines.map((line, index) => {
    try {
      return parse(JSON.parse(line));
    } catch (cause) {
      const where = `${path}:${index + 1}`;
      throw new KitError(
        'internal_error',
        `${where} is no record of the sandbox; remove the file to start anew`,
        {
          cause,
        },
      );
    }
  });
}
