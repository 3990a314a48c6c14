import type { Store } from '../store/store.ts';
import { nextToRedrive, redriven, restAgain } from './dead-letters.ts';
import { type DeliveredEvent, fromBody } from './delivered-event.ts';
import type { Outcome } from './signed-post.ts';

/**
 * The dead letters of one webhook that its owner wants tried once more, between the events of the log. One that fails
 * rests again; when the receiver gave no answer at all, the others rest again with it, lest they hold up the events.
 */
export class Redrive {
  readonly #store: Store;
  readonly #webhookId: string;
  #mayHave = true;

  constructor(store: Store, webhookId: string) {
    this.#store = store;
    this.#webhookId = webhookId;
  }

  /** There may be some. */
  look(): void {
    this.#mayHave = true;
  }

  /** Tries the next one, if there is one; gives whether there may be more. */
  async step(post: (letter: DeliveredEvent) => Promise<Outcome>): Promise<boolean> {
    if (!this.#mayHave) return false;
    const letter = await this.#store.read((db) => nextToRedrive(db, this.#webhookId));
    if (letter === undefined) {
      this.#mayHave = false;
      return false;
    }
    const outcome = await post(fromBody(letter.payload));
    if (outcome.kind === 'cut') return false;
    await this.#store.write(async (db) => {
      if (outcome.kind === 'delivered') return redriven(db, letter.id);
      const isAnswered = outcome.status !== undefined;
      return restAgain(db, this.#webhookId, isAnswered ? letter.id : undefined, outcome.reason);
    });
    return true;
  }
}
