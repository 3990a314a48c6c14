import { destinationOf, type Log } from '../runtime/log.ts';
import { writeLast } from '../runtime/standard-output.ts';

/** How long a line may wait for others. */
const WAIT_MS = 5;
/** With so many characters no line waits. */
const FULL_CHARACTERS = 16 * 1024;

/**
 * Lines of a log that may come some milliseconds late, many in one write: one system call a line costs more than the
 * line. They are written when the process exits, too; one that is killed loses the last batch. What must not be lost
 * goes to the log itself, which takes it at once.
 */
export class LineBatch {
  readonly #write: (text: string) => void;
  /** What the log says in each line, with a comma behind it. */
  readonly #bindings: string;
  #text = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(log: Log) {
    const stream = destinationOf(log);
    this.#write = (text) => void stream.write(text);
    const bindings = JSON.stringify(log.bindings()).slice(1, -1);
    this.#bindings = bindings === '' ? '' : `${bindings},`;
  }

  /** `fields` is JSON without its braces. */
  add(level: string, fields: string, message: string): void {
    if (this.#text === '') this.#start();
    this.#text += `{"level":"${level}","time":"${isoTime()}",${this.#bindings}${fields},"msg":"${message}"}\n`;
    if (this.#text.length >= FULL_CHARACTERS) this.flush();
  }

  /** Writes what waits. */
  flush(): void {
    clearTimeout(this.#timer);
    waiting.delete(this);
    const text = this.#text;
    this.#text = '';
    if (text !== '') this.#write(text);
  }

  #start(): void {
    writeLast(flushWaiting);
    waiting.add(this);
    this.#timer = setTimeout(() => this.flush(), WAIT_MS);
  }
}

const waiting = new Set<LineBatch>();

function flushWaiting(): void {
  for (const batch of waiting) batch.flush();
}

let latestMs = 0;
let latestText = '';

/** Now, as pino writes it; many lines are of the same millisecond. */
function isoTime(): string {
  const nowMs = Date.now();
  if (nowMs !== latestMs) {
    latestMs = nowMs;
    latestText = new Date(nowMs).toISOString();
  }
  return latestText;
}
