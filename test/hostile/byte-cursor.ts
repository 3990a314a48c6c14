/** What RFC 9112 leaves to the reader, or forbids and a gate still does; see `differences.ts`. */
export type Liberty =
  | 'bare-lf'
  | 'chunk-bare-lf'
  | 'request-line-spaces'
  | 'line-ends-before'
  | 'rtsp'
  | 'chunk-extensions'
  | 'invalid-lines'
  | 'control-characters'
  | 'target-bytes'
  | 'spaces-at-line-end'
  | 'trailer-lines'
  | 'chunk-line-rests'
  | 'minor-versions'
  | 'repeated-cr';

/** Reads bytes (Latin-1 text) from the front. */
export class Cursor {
  readonly #bytes: string;
  readonly #liberties: ReadonlySet<Liberty>;
  position = 0;
  isStrict = true;

  constructor(bytes: string, liberties: ReadonlySet<Liberty>) {
    this.#bytes = bytes;
    this.#liberties = liberties;
  }

  get isAtEnd(): boolean {
    return this.position === this.#bytes.length;
  }

  /** Whether a liberty may be taken here; that it was, is kept. */
  takes(liberty: Liberty): boolean {
    if (!this.#liberties.has(liberty)) return false;
    this.isStrict = false;
    return true;
  }

  match(line: string, strict: RegExp, liberty: Liberty, loose: RegExp): RegExpExecArray | null {
    return strict.exec(line) ?? (loose.test(line) && this.takes(liberty) ? loose.exec(line) : null);
  }

  /** A line without its end. CR stands nowhere but before LF. */
  line(bareEnd: Liberty, repeated?: Liberty): string {
    const end = this.#bytes.indexOf('\n', this.position);
    const line = this.#bytes.slice(this.position, end < 0 ? undefined : end);
    const isBare = !line.endsWith('\r');
    let text = isBare ? line : line.slice(0, -1);
    if (repeated !== undefined && /[^\r]\r+$/.test(text) && this.takes(repeated))
      text = text.replace(/\r+$/, '');
    if (text.includes('\r') && (end >= 0 || text.indexOf('\r') < text.length - 1))
      throw malformed('a bare CR');
    if (end < 0) throw new Fault('incomplete', 'the bytes end in a line');
    if (isBare && !this.takes(bareEnd)) throw malformed('a bare LF');
    this.position = end + 1;
    return text;
  }

  take(length: number, body: { text: string }): void {
    const text = this.#bytes.slice(this.position, this.position + length);
    body.text += text;
    this.position += text.length;
    if (text.length < length) throw new Fault('incomplete', 'the bytes end in a body');
  }

  /** Empty lines before a request: one should be ignored (RFC 9112 §2.2). */
  skipEmptyLines(): boolean {
    const all = /[\r\n]*/y;
    all.lastIndex = this.position;
    const found = all.exec(this.#bytes)?.[0] ?? '';
    const one = found.startsWith('\r\n') ? 2 : 0;
    const skipped = found.length > one && this.takes('line-ends-before') ? found.length : one;
    this.position += skipped;
    return skipped > 0;
  }
}

/** What is wrong with bytes: they end too soon, or are no HTTP. */
export class Fault extends Error {
  readonly end: 'incomplete' | 'malformed';
  constructor(end: 'incomplete' | 'malformed', message: string) {
    super(message);
    this.end = end;
  }
}

export function malformed(what: string): Fault {
  return new Fault('malformed', what);
}
