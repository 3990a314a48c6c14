const TICK_MS = 1_000;

/** What a deploy tells while it goes on: a line a step, with its time; on a terminal the one that runs counts. */
export class Progress {
  readonly #stream: NodeJS.WritableStream;
  readonly #isLive: boolean;

  constructor(stream: NodeJS.WritableStream & { readonly isTTY?: boolean }) {
    this.#stream = stream;
    this.#isLive = stream.isTTY === true;
  }

  /** What is said in between. */
  note(text: string): void {
    this.#stream.write(`${text}\n`);
  }

  /** What would be done. */
  plan(title: string, command?: string): void {
    this.#stream.write(`- ${title}\n${command === undefined ? '' : `    $ ${command}\n`}`);
  }

  async during<T>(title: string, work: () => Promise<T>): Promise<T> {
    const since = performance.now();
    const seconds = () => `${((performance.now() - since) / 1000).toFixed(1)} s`;
    const clear = this.#isLive ? '\r\u001B[K' : '';
    const tick = () => this.#stream.write(`${clear}… ${title} (${seconds()})`);
    const ticking = this.#isLive ? setInterval(tick, TICK_MS) : undefined;
    if (this.#isLive) tick();
    else this.#stream.write(`… ${title}\n`);
    try {
      const result = await work();
      this.#stream.write(`${clear}${this.#colour('✓', 32)} ${title} (${seconds()})\n`);
      return result;
    } catch (error) {
      this.#stream.write(`${clear}${this.#colour('✗', 31)} ${title} (${seconds()})\n`);
      throw error;
    } finally {
      clearInterval(ticking);
    }
  }

  #colour(text: string, code: number): string {
    return this.#isLive ? `\u001B[${code}m${text}\u001B[0m` : text;
  }
}
