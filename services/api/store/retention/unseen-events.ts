import type { Database } from '../store.ts';

/** Events by their numbers, both ends included. */
export interface SeqRange {
  readonly first: number;
  readonly last: number;
}

/** Events that a webhook will never get. */
export interface Loss {
  readonly webhook: string;
  readonly count: number;
}

/** The webhooks that events are still delivered to, and how far each has come. */
export function activeCursors(db: Database): Promise<{ id: string; cursor: number; types: string | null }[]> {
  return db.selectFrom('webhooks').select(['id', 'cursor', 'types']).where('status', '=', 'active').execute();
}

/**
 * Counts the events of a range for each webhook that wanted them and has not had them. To be called in the transaction
 * that removes them.
 */
export async function noteLosses(db: Database, { first, last }: SeqRange, now: number): Promise<Loss[]> {
  const losses: Loss[] = [];
  for (const { id, cursor, types } of await activeCursors(db)) {
    if (cursor >= last) continue;
    let wanted = db
      .selectFrom('events')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('seq', '>=', Math.max(first, cursor + 1))
      .where('seq', '<=', last);
    if (types !== null) wanted = wanted.where('type', 'in', typesIn(types));
    const count = Number((await wanted.executeTakeFirstOrThrow()).count);
    if (count === 0) continue;
    await db
      .updateTable('webhooks')
      .set((row) => ({ lost: row('lost', '+', count), lost_at: now }))
      .where('id', '=', id)
      .execute();
    losses.push({ webhook: id, count });
  }
  return losses;
}

function typesIn(text: string): string[] {
  const types: unknown = JSON.parse(text);
  return Array.isArray(types) ? types.filter((type) => typeof type === 'string') : [];
}
