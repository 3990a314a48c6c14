import { makeNonblocking } from './nonblocking-output.ts';

/** Beyond this much unread output, lines are dropped and counted: a log that nobody reads must not fill the memory. */
const MAX_UNREAD_BYTES = 1024 ** 2;
/** How long the last lines may take when the process ends. */
const FLUSH_WITHIN_MS = 500;

/**
 * Standard output that never holds up the process. Node writes to a terminal with blocking calls: one that stops
 * reading (Ctrl-S, a hung ssh) would stop the supervisor, then the pipes of all services, then the public port.
 */
export class LogOutput {
  readonly #stream: NodeJS.WriteStream;
  #dropped = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    makeNonblocking(stream);
    stream.on('error', () => undefined); // Whoever read the log is gone; the kit is worth more than its log.
  }

  write(text: string): void {
    if (this.#stream.writableLength > MAX_UNREAD_BYTES) {
      this.#dropped += 1;
      return;
    }
    if (this.#dropped > 0)
      this.#stream.write(`(${this.#dropped} lines were dropped, because nobody read them)\n`);
    this.#dropped = 0;
    this.#stream.write(text);
  }

  /** Settles when all is written, or nobody takes it. */
  async flush(): Promise<void> {
    const written = new Promise<void>((resolve) => {
      this.#stream.write('', () => resolve());
    });
    const late = new Promise<void>((resolve) => {
      setTimeout(resolve, FLUSH_WITHIN_MS).unref();
    });
    await Promise.race([written, late]);
  }
}
