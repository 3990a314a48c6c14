/** How often it says how far it has come. */
const EVERY_MS = { terminal: 500, file: 5_000 };

/** One line that is written over on a terminal; elsewhere a line every few seconds. */
export class Progress {
  readonly #isTerminal = process.stdout.isTTY === true;
  #shownMs = Number.NEGATIVE_INFINITY;

  show(text: string): void {
    const nowMs = performance.now();
    if (nowMs - this.#shownMs < (this.#isTerminal ? EVERY_MS.terminal : EVERY_MS.file)) return;
    this.#shownMs = nowMs;
    if (this.#isTerminal) process.stdout.write(`\r\x1b[K${text.slice(0, process.stdout.columns - 1)}`);
    else process.stdout.write(`${text}\n`);
  }

  end(text: string): void {
    process.stdout.write(this.#isTerminal ? `\r\x1b[K${text}` : text);
  }
}
