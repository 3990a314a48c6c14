import { within } from '../deadline.ts';

/** Each medium is in the memory of the bridge and of the page until its message is added. */
const MOST_AT_ONCE = 4;
const MOST_BYTES = 64 * 1024 ** 2;

/** A place among the media that are prepared at the same time; given back when it is disposed. */
export class UploadSlot implements Disposable {
  readonly #leave: () => void;

  constructor(leave: () => void) {
    this.#leave = leave;
  }

  [Symbol.dispose](): void {
    this.#leave();
  }
}

/** Bounds the number and the bytes of media that are prepared at the same time; the others wait in order. */
export class UploadSlots {
  readonly #waiting: { readonly bytes: number; readonly enter: () => void }[] = [];
  #count = 0;
  #bytes = 0;

  /** A medium larger than all there is room for goes alone, as does one with `isAlone`. Rejects after `ms`, or with the signal's reason. */
  async take(size: number, isAlone: boolean, ms: number, signal: AbortSignal): Promise<UploadSlot> {
    const bytes = isAlone ? MOST_BYTES : Math.min(Math.max(size, 1), MOST_BYTES);
    const { promise, resolve } = Promise.withResolvers<void>();
    let isIn = false;
    const waiter = {
      bytes,
      enter: () => {
        isIn = true;
        this.#count += 1;
        this.#bytes += bytes;
        resolve();
      },
    };
    const leave = () => {
      if (!isIn) this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
      else {
        this.#count -= 1;
        this.#bytes -= bytes;
      }
      this.#letIn();
    };
    this.#waiting.push(waiter);
    this.#letIn();
    try {
      await within(ms, promise, 'the wait for other media', signal);
    } catch (error) {
      leave();
      throw error;
    }
    return new UploadSlot(leave);
  }

  #letIn(): void {
    for (;;) {
      const [first] = this.#waiting;
      if (first === undefined || this.#count >= MOST_AT_ONCE || this.#bytes + first.bytes > MOST_BYTES)
        return;
      this.#waiting.shift();
      first.enter();
    }
  }
}
