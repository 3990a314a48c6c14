import { readFileSync, statSync } from 'node:fs';

/**
 * A small file of the system that may change at any time: it is parsed again when it has changed. A file that cannot be
 * read counts as empty. It is read without the thread pool, which blocked lookups of the system may fill.
 */
export class ParsedFile<T> {
  readonly #path: string;
  readonly #parse: (text: string) => T;
  #stamp: string | undefined;
  #parsed: T;

  constructor(path: string, parse: (text: string) => T) {
    this.#path = path;
    this.#parse = parse;
    this.#parsed = parse('');
  }

  get content(): T {
    const stamp = this.#look();
    if (stamp !== this.#stamp) {
      this.#stamp = stamp;
      this.#parsed = this.#parse(stamp === undefined ? '' : readText(this.#path));
    }
    return this.#parsed;
  }

  #look(): string | undefined {
    try {
      const { ino, size, mtimeNs } = statSync(this.#path, { bigint: true });
      return `${ino} ${size} ${mtimeNs}`;
    } catch {
      return undefined; // It is not there.
    }
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // It has gone meanwhile, or is not ours to read.
  }
}
