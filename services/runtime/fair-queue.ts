/** Items that wait, by holder: one of each holder in turn, and those of one holder in their order. */
export class FairQueue<T> {
  readonly #lines = new Map<string, T[]>();

  push(holder: string, item: T): void {
    const line = this.#lines.get(holder);
    if (line === undefined) this.#lines.set(holder, [item]);
    else line.push(item);
  }

  /** Takes the next item; its holder goes to the end of the round. */
  shift(): T | undefined {
    const [next] = this.#lines;
    if (next === undefined) return undefined;
    const [holder, line] = next;
    const item = line.shift();
    this.#lines.delete(holder);
    if (line.length > 0) this.#lines.set(holder, line);
    return item;
  }
}
