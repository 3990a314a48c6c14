import { mayExpire } from '../store/migrations.ts';
import type { Store } from '../store/store.ts';
import { giveUp } from './endings.ts';

/** Why a message has expired. */
export const NOT_SENT = 'it was not sent before its expires_at';

/** In one transaction; the rest follows at the next look. */
const AT_ONCE = 500;

/** Ends messages that were certainly not sent in time; returns their ids. `overdue-sends.ts` ends the uncertain ones. */
export function expireOverdue(store: Store, now: number): Promise<string[]> {
  return store.write(async (db, dialect) => {
    const rows = await db
      .selectFrom('messages')
      .select(['seq', 'id', 'session', 'chat_id', 'reason'])
      .where(mayExpire)
      .where('expires_at', '<=', now)
      .limit(AT_ONCE)
      .execute();
    const expired: string[] = [];
    for (const { chat_id: chatId, reason: last, ...row } of rows) {
      const reason = last === null ? NOT_SENT : `${NOT_SENT}: ${last}`;
      if (await giveUp(db, dialect, { ...row, chatId }, 'expired', 'message_expired', reason, now))
        expired.push(row.id);
    }
    return expired;
  });
}
