import { makeNonblocking } from './nonblocking-output.ts';

/** Beyond this much unread output, lines are dropped and counted: a log that nobody reads must not fill the memory. */
export const MAX_UNREAD_BYTES = 1024 ** 2;
/** How long the last lines may take when the process ends. */
const FLUSH_WITHIN_MS = 500;

/**
 * An output that never holds up the process. Node writes to a terminal with blocking calls: one that stops reading
 * (Ctrl-S, a hung ssh) would stop the supervisor. A pipe that is full would stop each service whose supervisor is
 * suspended, the gate first.
 */
export class LogOutput {
  readonly #stream: NodeJS.WriteStream;
  readonly #describeDropped: (lines: number) => string;
  #dropped = 0;

  /** `describeDropped` gives the line that stands in the place of dropped ones. */
  constructor(stream: NodeJS.WriteStream, describeDropped = describePlainly) {
    this.#stream = stream;
    this.#describeDropped = describeDropped;
    makeNonblocking(stream);
    stream.on('error', () => undefined); // Whoever read the log is gone; the kit is worth more than its log.
    stream.on('drain', () => this.#tellDropped());
  }

  /** Whether all that was written has left the process. */
  get isWritten(): boolean {
    return this.#stream.writableLength === 0;
  }

  /** Takes whole lines. */
  write(text: string): void {
    if (this.#stream.writableLength > MAX_UNREAD_BYTES) {
      this.#dropped += countLines(text);
      return;
    }
    this.#tellDropped();
    this.#stream.write(text);
  }

  /** Settles when all is written, or nobody takes it. */
  async flush(): Promise<void> {
    this.#tellDropped();
    const written = new Promise<void>((resolve) => {
      this.#stream.write('', () => resolve());
    });
    const late = new Promise<void>((resolve) => {
      setTimeout(resolve, FLUSH_WITHIN_MS).unref();
    });
    await Promise.race([written, late]);
  }

  #tellDropped(): void {
    if (this.#dropped === 0) return;
    const line = this.#describeDropped(this.#dropped);
    this.#dropped = 0;
    this.#stream.write(line);
  }
}

/** The line for dropped ones in a log that is JSON. */
export function describeInJson(name: string): (lines: number) => string {
  return (dropped) =>
    `${JSON.stringify({
      level: 'warn',
      time: new Date().toISOString(),
      name,
      dropped,
      msg: `${dropped} lines of this log were dropped, because nobody read them`,
    })}\n`;
}

function describePlainly(dropped: number): string {
  return `(${dropped} lines were dropped, because nobody read them)\n`;
}

function countLines(text: string): number {
  return Math.max(1, text.split('\n').length - 1);
}
