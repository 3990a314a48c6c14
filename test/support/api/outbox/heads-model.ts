import { sql } from 'kysely';
import type { HeadQuery } from '../../../../services/api/outbox/next-per-chat.ts';
import type { Database } from '../../../../services/api/store/store.ts';

/** A row of `messages`, as far as the order of sends depends on it. */
interface ModelRow {
  readonly seq: number;
  readonly session: string;
  readonly account: string | null;
  readonly chat_id: string;
  readonly chat_key: string | null;
  readonly kind: string;
  readonly state: string;
  readonly error_code: string | null;
  readonly next_try_at: number;
  readonly expires_at: number;
  readonly cancel_at: number | null;
}

/** What the heads of the chats are, said without an index: by all open messages, one queue after the other. */
export async function modelHeads(
  db: Database,
  query: HeadQuery,
): Promise<{ heads: number[]; next: number | undefined }> {
  const { scope, now, isHeld, limit, fullLanes } = query;
  const { rows } = await sql<ModelRow>`select * from messages order by seq`.execute(db);
  const counted = rows.filter(
    ({ session, account, state, ...row }) =>
      session === scope.session &&
      ['queued', 'sending'].includes(state) &&
      (account ?? scope.account) === scope.account &&
      !(isHeld && row.error_code === 'page_incompatible' && (state === 'queued' || row.next_try_at > now)),
  );
  const queues = Map.groupBy(counted, ({ chat_key, chat_id }) => chat_key ?? chat_id);
  const first = [...queues.values()].flatMap((queue) => queue[0] ?? []);
  const isFull = ({ kind, state, cancel_at, expires_at }: ModelRow) =>
    kind === 'media' &&
    fullLanes.includes('upload') &&
    !(state === 'sending' && (cancel_at !== null || expires_at <= now));
  const due = first
    .filter(({ next_try_at }) => next_try_at <= now)
    .toSorted((one, other) => one.next_try_at - other.next_try_at || one.seq - other.seq);
  const later = first.map(({ next_try_at }) => next_try_at).filter((at) => at > now);
  return {
    heads: due
      .filter((row) => !isFull(row))
      .slice(0, limit)
      .map(({ seq }) => seq),
    next: later.length === 0 ? undefined : Math.min(...later),
  };
}
