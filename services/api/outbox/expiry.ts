import { mayExpire } from '../store/migrations.ts';
import type { Store } from '../store/store.ts';
import { toMessage } from './message.ts';
import { giveUp } from './transitions.ts';

/** In one transaction; the rest follows at the next look. */
const AT_ONCE = 500;

/** Gives up what was not sent in time; gives the ids. What may have been sent is looked for first, by the dispatcher. */
export function expireOverdue(store: Store, now: number): Promise<string[]> {
  return store.write(async (db, dialect) => {
    const rows = await db
      .selectFrom('messages')
      .selectAll()
      .where(mayExpire)
      .where('expires_at', '<=', now)
      .limit(AT_ONCE)
      .execute();
    const expired: string[] = [];
    for (const message of rows.map(toMessage)) {
      const reason =
        message.reason === undefined
          ? 'it was not sent before its expires_at'
          : `it was not sent before its expires_at: ${message.reason}`;
      if (await giveUp(db, dialect, message, 'expired', 'message_expired', reason, now))
        expired.push(message.id);
    }
    return expired;
  });
}
