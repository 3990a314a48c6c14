import type { Store } from '../store/store.ts';
import { EXPIRED, endUnknown, giveUp, toEnding } from './endings.ts';
import { stateIs } from './state-sql.ts';

/**
 * How long the kit looks for a message that may have been sent, after its `expires_at`. A look is one call into the page,
 * so this is time for several. It is also the longest time for which a message blocks its chat after its expiry.
 */
export const LOOK_GRACE_MS = 10_000;

/** Most messages that are watched at once, by number only, so that many of them do not cost memory. */
const MOST_WATCHED = 5_000;
/** The most messages that end in one transaction; the next look ends more. */
const AT_ONCE = 500;

/** Ends messages that were certainly not sent in time; returns their ids. `OverdueSends` ends the others. */
export function expireOverdue(store: Store, now: number): Promise<string[]> {
  return store.write(async (db, dialect) => {
    const rows = await db
      .selectFrom('messages')
      .selectAll()
      .where(stateIs.unsent)
      .where('expires_at', '<=', now)
      .limit(AT_ONCE)
      .execute();
    const expired: string[] = [];
    for (const row of rows) {
      const reason = row.reason === null ? EXPIRED.reason : `${EXPIRED.reason}: ${row.reason}`;
      if (await giveUp(db, dialect, toEnding(row), { ...EXPIRED, reason }, now)) expired.push(row.id);
    }
    return expired;
  });
}

/**
 * Ends messages that may have been sent when their time is over and no look has found out, in any state of the session,
 * the bridge and WhatsApp. The grace runs from the moment at which this process first saw a message overdue, by a clock
 * that never jumps. So there is time to look after a restart, a suspended machine or a change of the clock, too.
 */
export class OverdueSends {
  readonly #store: Store;
  readonly #graceMs: number;
  /** By `seq`: when each was first seen overdue, as of performance.now(). */
  #seenAt = new Map<number, number>();

  constructor(store: Store, graceMs = LOOK_GRACE_MS) {
    this.#store = store;
    this.#graceMs = graceMs;
  }

  /** Returns the messages that it has ended. */
  async end(now: number): Promise<{ seq: number; id: string }[]> {
    const overdue = await this.#store.read((db) =>
      db
        .selectFrom('messages')
        .select('seq')
        .where(stateIs.inDoubt)
        .where('expires_at', '<=', now)
        .orderBy('expires_at')
        .limit(MOST_WATCHED)
        .execute(),
    );
    const steady = performance.now();
    this.#seenAt = new Map(overdue.map(({ seq }) => [seq, this.#seenAt.get(seq) ?? steady]));
    const due = [...this.#seenAt].filter(([, seenAt]) => steady - seenAt >= this.#graceMs);
    if (due.length === 0) return [];
    return this.#endAll(
      due.slice(0, AT_ONCE).map(([seq]) => seq),
      now,
    );
  }

  #endAll(seqs: readonly number[], now: number): Promise<{ seq: number; id: string }[]> {
    return this.#store.write(async (db, dialect) => {
      const rows = await db
        .selectFrom('messages')
        .selectAll()
        .where('seq', 'in', seqs)
        .where(stateIs.inDoubt)
        .execute();
      const ended: { seq: number; id: string }[] = [];
      for (const row of rows) {
        const { seq, id, reason } = row;
        if (await endUnknown(db, dialect, toEnding(row), reason ?? undefined, now)) ended.push({ seq, id });
      }
      return ended;
    });
  }
}
