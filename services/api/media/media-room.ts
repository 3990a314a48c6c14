import { sql } from 'kysely';
import { KitError } from '../../contract/errors.ts';
import { type Pressure, pressureOf } from '../../contract/pressure.ts';
import type { Log } from '../../runtime/log.ts';
import { Refusals } from '../../runtime/refusals.ts';
import type { Database } from '../store/store.ts';

const MEBIBYTE = 1024 ** 2;
const LOG_EVERY_MS = 60_000;

/**
 * Whether there is room for one more medium. Media are counted apart from messages and events, and take the place of none
 * of them. Uploads that no message uses have half of the room at most, so that they cannot keep messages out.
 */
export class MediaRoom {
  readonly #maxBytes: number;
  readonly #log: Pick<Log, 'error'>;
  readonly #refusals = new Refusals(LOG_EVERY_MS);
  #bytes = 0;

  constructor(maxBytes: number, log: Pick<Log, 'error'>) {
    this.#maxBytes = maxBytes;
    this.#log = log;
  }

  /** In the transaction that stores a medium, of a message or of an upload. Throws KitError `media_store_full`. */
  async demand(db: Database, bytes: number, isUpload: boolean): Promise<void> {
    const { uploads, upload_count, used, count } = await measure(db);
    this.#bytes = uploads + used;
    const isFull = this.#bytes + bytes > this.#maxBytes;
    if (!isFull && !(isUpload && uploads + bytes > this.#maxBytes / 2)) return;
    const message = `media take ${inMiB(this.#bytes)} of ${inMiB(this.#maxBytes)} (MEDIA_STORE_BYTES): ${inMiB(uploads)} of ${upload_count} uploads, kept for 24 hours; ${inMiB(used)} of ${count} messages that wait`;
    if (this.#refusals.add()) this.#log.error(`media are refused until there is room: ${message}`);
    throw new KitError('media_store_full', message);
  }

  get pressure(): Pressure | undefined {
    const refused = this.#refusals.count;
    return pressureOf({ resource: 'media_store', used: this.#bytes, limit: this.#maxBytes, refused });
  }
}

interface Sizes {
  readonly uploads: number;
  readonly upload_count: number;
  readonly used: number;
  readonly count: number;
}

/** From an index alone: a medium itself may have megabytes. */
async function measure(db: Database): Promise<Sizes> {
  const { rows } = await sql<Record<keyof Sizes, unknown>>`
    select coalesce(sum(case when message_id is null then bytes end), 0) as uploads,
      count(case when message_id is null then 1 end) as upload_count,
      coalesce(sum(case when message_id is not null then bytes end), 0) as used,
      count(message_id) as count
    from media`.execute(db);
  const [row] = rows;
  return {
    uploads: Number(row?.uploads ?? 0),
    upload_count: Number(row?.upload_count ?? 0),
    used: Number(row?.used ?? 0),
    count: Number(row?.count ?? 0),
  };
}

function inMiB(bytes: number): string {
  return `${Math.round(bytes / MEBIBYTE)} MiB`;
}
