import { sql } from 'kysely';
import { stateIs } from '../outbox/state-sql.ts';
import { isStorageError } from '../store/storage-errors.ts';
import type { Database, Store } from '../store/store.ts';

/** The count stops here. A higher number changes no decision. */
const MOST_COUNTED = 10_000;

/** What waits in the outbox, as `GET /api/whatsapp/status` shows it; scheduled messages do not count. */
export interface Backlog {
  readonly waiting: number;
  /** When the oldest of them was accepted. */
  readonly oldest_accepted_at?: string;
  /** How many of them wait because the page of WhatsApp breaks their kind. */
  readonly held?: number;
  /** Why none goes out. */
  readonly reason?: string;
}

/** Undefined while the store is away. */
export async function readBacklog(
  store: Store,
  session: string,
  reason: string | undefined,
  held: number,
): Promise<Backlog | undefined> {
  try {
    const backlog = await store.read((db) => count(db, session, reason));
    return held === 0 ? backlog : { ...backlog, held };
  } catch (error) {
    if (isStorageError(error)) return undefined;
    throw error;
  }
}

async function count(db: Database, session: string, reason: string | undefined): Promise<Backlog> {
  const open = db
    .selectFrom('messages')
    .select(['seq', 'accepted_at'])
    .where('session', '=', session)
    .where(stateIs.open)
    .limit(MOST_COUNTED);
  const { waiting, oldest } = await db
    .selectFrom(open.as('open'))
    .select([sql<number>`count(*)`.as('waiting'), sql<number | null>`min(accepted_at)`.as('oldest')])
    .executeTakeFirstOrThrow();
  return {
    waiting: Number(waiting),
    ...(oldest === null ? {} : { oldest_accepted_at: new Date(oldest).toISOString() }),
    ...(reason === undefined || Number(waiting) === 0 ? {} : { reason }),
  };
}
