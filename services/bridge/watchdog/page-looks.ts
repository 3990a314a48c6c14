import { errorText } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { PageDataError } from '../page/data.ts';
import { isPageError } from '../page/errors.ts';

/** Whether the acknowledgements in the page can be read: nobody would notice that acks are missing otherwise. */
export class PageLooks {
  readonly #log: Log;
  readonly #onChange: () => void;
  /** In a row, because the page could not be read. */
  #failures = 0;
  #blindBecause: string | undefined;

  /** `onChange` is called when `blindBecause` has changed. */
  constructor(log: Log, onChange: () => void) {
    this.#log = log;
    this.#onChange = onChange;
  }

  /** Whether the last look failed. */
  get hasFailed(): boolean {
    return this.#failures > 0;
  }

  /** Why the acknowledgements cannot be read; undefined while they can. */
  get blindBecause(): string | undefined {
    return this.#blindBecause;
  }

  /** A look that a dying or a reloading page cuts short is repeated; a page that answers with nonsense is a fault. */
  async attempt(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (error instanceof PageDataError || isPageError(error)) this.#failed(error);
      else this.#log.debug(`the look at own messages was cut short: ${errorText(error)}`);
    }
  }

  succeeded(): void {
    this.#failures = 0;
    if (this.#blindBecause === undefined) return;
    this.#blindBecause = undefined;
    this.#log.info('the acknowledgements can be read again');
    this.#onChange();
  }

  /** A page that is between two documents may throw once, so it takes two failures in a row. */
  #failed(error: unknown): void {
    this.#failures += 1;
    if (this.#failures < 2 || this.#blindBecause !== undefined) return;
    this.#blindBecause = `the acknowledgements cannot be read: ${errorText(error).split('\n')[0]}`;
    this.#log.error(
      { err: error },
      `${this.#blindBecause}; WhatsApp Web has probably changed: nothing is sent until they can be read again`,
    );
    this.#onChange();
  }
}
