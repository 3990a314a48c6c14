/** Lets so many act at once; the others wait in line, and the event loop turns before the next one acts. */
export class Turns {
  #free: number;
  readonly #line: (() => void)[] = [];

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  async take<T>(act: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#line.push(resolve));
    try {
      return await act();
    } finally {
      // SQLite answers without a pause: a hundred readers in a row would keep everybody else waiting.
      setImmediate(() => this.#pass());
    }
  }

  #pass(): void {
    const next = this.#line.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
