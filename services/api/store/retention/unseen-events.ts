import type { Database } from '../store.ts';
import type { RetentionRun } from './batches.ts';

/** Events by their numbers, both ends included. */
export interface SeqRange {
  readonly first: number;
  readonly last: number;
}

export function widen(range: SeqRange | undefined, { first, last }: SeqRange): SeqRange {
  return { first: Math.min(range?.first ?? first, first), last: Math.max(range?.last ?? last, last) };
}

/** The webhooks that events are still delivered to, and how far each has come. */
export function activeCursors(db: Database): Promise<{ id: string; cursor: number }[]> {
  return db.selectFrom('webhooks').select(['id', 'cursor']).where('status', '=', 'active').execute();
}

/** Tells in the log which webhooks will never get events that were removed. */
export async function warnOfUnseen(
  run: RetentionRun,
  removed: SeqRange | undefined,
  why: string,
): Promise<void> {
  if (removed === undefined) return;
  for (const { id, cursor } of await run.store.read(activeCursors)) {
    const missed = removed.last - Math.max(cursor, removed.first - 1);
    if (missed > 0)
      run.log.warn(
        { webhook: id, missed },
        `up to ${missed} events were removed before webhook ${id} had taken them: ${why}`,
      );
  }
}
