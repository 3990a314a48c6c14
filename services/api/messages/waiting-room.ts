import { KitError } from '../../contract/errors.ts';
import { mayExpire } from '../store/migrations.ts';
import type { Database } from '../store/store.ts';

/** While it is full, how often it is looked whether it still is. */
const FULL_MS = 250;
/** Other processes may have let messages in. */
const STALE_MS = 30_000;

/**
 * How many messages may still come in. Counting all that wait for every one that comes would make a full outbox slow:
 * what was free at the last count is used up first, since messages that go out only make it more.
 */
export class WaitingRoom {
  readonly #most: number;
  #free = 0;
  #countedAt = Number.NEGATIVE_INFINITY;

  constructor(most: number) {
    this.#most = most;
  }

  /** In the transaction that lets a message in. Throws KitError `outbox_full`. */
  async enter(db: Database): Promise<void> {
    if (performance.now() - this.#countedAt > (this.#free > 0 ? STALE_MS : FULL_MS)) await this.#count(db);
    if (this.#free <= 0)
      throw new KitError('outbox_full', `${this.#most} messages wait already (OUTBOX_MAX_WAITING)`);
    this.#free -= 1;
  }

  async #count(db: Database): Promise<void> {
    const { waiting } = await db
      .selectFrom((inner) =>
        inner.selectFrom('messages').select('seq').where(mayExpire).limit(this.#most).as('waiting'),
      )
      .select(({ fn }) => fn.countAll<number>().as('waiting'))
      .executeTakeFirstOrThrow();
    this.#free = this.#most - Number(waiting);
    this.#countedAt = performance.now();
  }
}
