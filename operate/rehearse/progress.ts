import { seconds } from './context.ts';

export interface ProgressOptions {
  /** A line may be written over. */
  readonly isTerminal: boolean;
  write(text: string): void;
  now(): number;
}

/** Without a terminal, a long wait is told so often. */
const TELL_WAIT_MS = 60_000;
const REFRESH_MS = 1_000;

/** Tells what happens as it happens: one line a step with its outcome, and what is waited for meanwhile. */
export class Progress {
  readonly #options: ProgressOptions;
  readonly #startedAt: number;
  #step: { readonly text: string; readonly startedAt: number } | undefined;
  #waitToldAt: number;
  #isLineOpen = false;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#startedAt = options.now();
    this.#waitToldAt = this.#startedAt;
  }

  begin(text: string): void {
    const now = this.#options.now();
    this.#step = { text, startedAt: now };
    this.#waitToldAt = now;
    if (this.#options.isTerminal) this.#overwrite(`  ${text} …`);
  }

  /** Ends the step; gives the seconds that it took. */
  end(outcome: string): number {
    const { now } = this.#options;
    const { text, startedAt } = this.#step ?? { text: '', startedAt: now() };
    const took = seconds(now() - startedAt);
    this.#step = undefined;
    this.say(`  ${text.padEnd(58)} ${outcome} (${took} s)`);
    return took;
  }

  waiting(what: string, leftMs: number): void {
    const { now, isTerminal } = this.#options;
    const sinceToldMs = now() - this.#waitToldAt;
    if (sinceToldMs < (isTerminal ? REFRESH_MS : TELL_WAIT_MS)) return;
    this.#waitToldAt = now();
    const text = `waiting for ${what}, at most ${Math.ceil(leftMs / 1_000)} s more`;
    if (isTerminal) this.#overwrite(`  ${this.#step?.text ?? ''} … ${text} [${this.elapsed}]`);
    else this.#options.write(`    ${text} [${this.elapsed}]\n`);
  }

  /** A whole line of its own. */
  say(text: string): void {
    if (this.#isLineOpen) this.#options.write('\r\u001b[K');
    this.#isLineOpen = false;
    this.#options.write(`${text}\n`);
  }

  get elapsed(): string {
    const total = Math.round((this.#options.now() - this.#startedAt) / 1_000);
    return `${Math.floor(total / 60)}:${String(total % 60).padStart(2, '0')}`;
  }

  #overwrite(text: string): void {
    this.#options.write(`\r\u001b[K${text}`);
    this.#isLineOpen = true;
  }
}
