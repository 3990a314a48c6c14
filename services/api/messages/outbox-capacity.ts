import { KitError } from '../../contract/errors.ts';
import { stateIs } from '../outbox/state-sql.ts';
import type { Database } from '../store/store.ts';

/** While it is full, how often it is looked whether it still is. */
const FULL_MS = 250;
/** Other processes may have let messages in. */
const STALE_MS = 30_000;

/**
 * How many messages the outbox still accepts. To count the waiting messages for each new one would make a full outbox
 * slow. So the places that were free at the last count are used up first: messages that go out only free more.
 */
export class OutboxCapacity {
  readonly #most: number;
  #free = 0;
  #countedAt = Number.NEGATIVE_INFINITY;

  constructor(most: number) {
    this.#most = most;
  }

  /** Takes a place, in the transaction that accepts the message. Throws KitError `outbox_full`. */
  async take(db: Database): Promise<void> {
    if (performance.now() - this.#countedAt > (this.#free > 0 ? STALE_MS : FULL_MS)) await this.#count(db);
    if (this.#free <= 0)
      throw new KitError('outbox_full', `${this.#most} messages wait already (OUTBOX_MAX_WAITING)`);
    this.#free -= 1;
  }

  async #count(db: Database): Promise<void> {
    const { waiting } = await db
      .selectFrom((inner) =>
        inner.selectFrom('messages').select('seq').where(stateIs.unsent).limit(this.#most).as('waiting'),
      )
      .select(({ fn }) => fn.countAll<number>().as('waiting'))
      .executeTakeFirstOrThrow();
    this.#free = this.#most - Number(waiting);
    this.#countedAt = performance.now();
  }
}
