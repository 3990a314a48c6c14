import { KitError } from '../../contract/errors.ts';
import type { AppParts } from '../app.ts';
import { appendEvents, lockLog } from '../events/log-writer.ts';
import { mayExpire } from '../store/migrations.ts';
import { findMessage, unknownMessage } from './find-message.ts';
import { toMessage } from './message.ts';
import { failureEvent } from './transitions.ts';

const REASON = 'it was canceled before it was sent';

/**
 * Takes a message back that has not been tried, or not for certain. Canceling again changes nothing. Throws KitError
 * `message_final` when it may have gone out, `not_found`.
 */
export async function cancelMessage(
  { storage, events, changes, dispatcher }: Pick<AppParts, 'storage' | 'events' | 'changes' | 'dispatcher'>,
  reference: string,
): Promise<void> {
  const canceled = await storage.write(async (db, dialect) => {
    await lockLog(db, dialect);
    const row = await findMessage(db, reference);
    if (row === undefined) throw unknownMessage(reference);
    const message = toMessage(row);
    if (message.state === 'canceled') return undefined;
    const now = Date.now();
    const { numUpdatedRows } = await db
      .updateTable('messages')
      .set({ state: 'canceled', error_code: 'message_canceled', reason: REASON, ended_at: now })
      .where('seq', '=', message.seq)
      .where(mayExpire)
      .executeTakeFirst();
    if (numUpdatedRows === 0n)
      throw new KitError('message_final', `message ${message.id} is ${message.state}`, {
        messageId: message.id,
      });
    await db.deleteFrom('media').where('message_id', '=', message.id).execute();
    await appendEvents(
      db,
      dialect,
      [failureEvent(message, 'canceled', now, REASON, 'message_canceled')],
      now,
    );
    return message.id;
  });
  if (canceled === undefined) return;
  events.appended();
  changes.changed(canceled);
  dispatcher.wake();
}
