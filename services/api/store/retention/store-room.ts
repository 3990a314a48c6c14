import { KitError } from '../../../contract/errors.ts';
import { isFinal, statesWhere } from '../../../contract/message-states.ts';
import { type Pressure, pressureOf } from '../../../contract/pressure.ts';
import type { Log } from '../../../runtime/log.ts';
import { Refusals } from '../../../runtime/refusals.ts';
import type { Database, DialectName } from '../store.ts';
import { estimateIn } from './store-size.ts';
import { activeCursors } from './unseen-events.ts';

const MEBIBYTE = 1024 ** 2;
/** How old a measurement may be. */
const STALE_MS = 1_000;
/** Removing what may go takes a moment; up to this part more is accepted meanwhile. */
const SLACK = 1.1;
const LOG_EVERY_MS = 60_000;
const WAITING = statesWhere((state) => !isFinal(state));

/**
 * Whether the store has room for new messages. Promised data is never removed for them: messages that wait, and events
 * that a webhook still wants. A store that holds nothing else refuses messages, and names its contents.
 */
export class StoreRoom {
  readonly #maxBytes: number;
  readonly #log: Pick<Log, 'error'>;
  #bytes = 0;
  #measuredAt = Number.NEGATIVE_INFINITY;
  #isExhausted = false;
  /** As of the last measurement; undefined until somebody is refused. */
  #fills: string | undefined;
  readonly #refusals = new Refusals(LOG_EVERY_MS);
  /** Set by retention, which is asked to look at once when the store is too large. */
  onOver: () => void = () => undefined;

  constructor(maxBytes: number, log: Pick<Log, 'error'>) {
    this.#maxBytes = maxBytes;
    this.#log = log;
  }

  /** Retention has removed what may go. */
  note(bytes: number): void {
    this.#bytes = bytes;
    this.#measuredAt = performance.now();
    this.#isExhausted = bytes > this.#maxBytes;
  }

  /** In the transaction that accepts a message. Throws KitError `store_full`. */
  async demand(db: Database, dialect: DialectName): Promise<void> {
    if (performance.now() - this.#measuredAt > STALE_MS) {
      this.#bytes = await estimateIn(db, dialect);
      this.#measuredAt = performance.now();
      this.#fills = undefined;
      if (this.#bytes <= this.#maxBytes) this.#isExhausted = false;
      else this.onOver();
    }
    if (!this.#isExhausted && this.#bytes <= this.#maxBytes * SLACK) return;
    this.#fills ??= await whatFills(db);
    const message = `messages and events take ${inMiB(this.#bytes)} of ${inMiB(this.#maxBytes)} (STORE_MAX_BYTES): ${this.#fills}`;
    if (this.#refusals.add())
      this.#log.error(`the store is full; sends are refused until there is room: ${message}`);
    throw new KitError('store_full', message);
  }

  get pressure(): Pressure | undefined {
    const refused = this.#refusals.count;
    return pressureOf({ resource: 'store', used: this.#bytes, limit: this.#maxBytes, refused });
  }
}

/** What may not be removed, in numbers. */
async function whatFills(db: Database): Promise<string> {
  const { newest } = await db
    .selectFrom('events')
    .select(({ fn }) => fn.max('seq').as('newest'))
    .executeTakeFirstOrThrow();
  const behind = (await activeCursors(db))
    .map(({ id, cursor }) => ({ id, count: Math.max(0, Number(newest ?? 0) - cursor) }))
    .filter(({ count }) => count > 0)
    .sort((one, other) => other.count - one.count);
  const [slowest] = behind;
  const { waiting } = await db
    .selectFrom((inner) =>
      inner
        .selectFrom('messages')
        .select('seq')
        .where('state', 'in', WAITING)
        .limit(MOST_COUNTED)
        .as('waiting'),
    )
    .select(({ fn }) => fn.countAll<number>().as('waiting'))
    .executeTakeFirstOrThrow();
  return [
    ...(slowest === undefined
      ? []
      : [
          `up to ${slowest.count} events wait for webhook ${slowest.id}${behind.length > 1 ? ` and ${behind.length - 1} others` : ''}`,
        ]),
    `${Number(waiting)}${Number(waiting) === MOST_COUNTED ? ' or more' : ''} messages wait`,
    'messages of the last 25 hours are kept for their Idempotency-Key',
  ].join('; ');
}

const MOST_COUNTED = 100_000;

function inMiB(bytes: number): string {
  return `${Math.round(bytes / MEBIBYTE)} MiB`;
}
