import type { RequestHandler } from 'express';
import { sql } from 'kysely';
import { KitError } from '../../contract/errors.ts';
import type { AppParts } from '../app.ts';
import { appendEvents, lockLog } from '../events/log-writer.ts';
import { CANCELED, failureEvent } from '../outbox/endings.ts';
import { type Message, toMessage } from '../outbox/message.ts';
import { findMessage, unknownMessage } from './find-message.ts';
import { CANCELING, OutcomeWait, whyWaiting } from './outcome.ts';
import { readPreference } from './preference.ts';

type CancelParts = Pick<AppParts, 'storage' | 'events' | 'changes' | 'dispatcher' | 'sendWaitMs'>;

/**
 * `DELETE /messages/{id}`: cancels a message. The answer is 200 when the message was certainly not sent; a repetition
 * gets the same answer. A message that may have been sent is never sent again, only looked for: the answer waits for the
 * result and is 200 or `message_final`, or 202 `canceling` when that takes longer. Throws KitError `message_final`,
 * `not_found`.
 */
export function cancelMessage(parts: CancelParts): RequestHandler<{ id: string }> {
  return async (request, response) => {
    const begunAt = performance.now();
    const { waitMs = parts.sendWaitMs, applied } = readPreference(request.headers.prefer);
    const first = await requestCancel(parts, request.params.id);
    const { id } = first;
    using wait = new OutcomeWait(parts, response);
    wait.watch(id);
    const { state, reason, ...receipt } =
      first.state === 'sending' ? await wait.end(first, begunAt + Math.min(waitMs, parts.sendWaitMs)) : first;
    if (applied !== undefined) response.set('preference-applied', applied);
    if (state === 'sending' || state === 'queued') {
      const why = whyWaiting({ state, reason, ...receipt }, parts.dispatcher.whyWaiting);
      response
        .status(202)
        .location(`/api/whatsapp/messages/${id}`)
        .json({ success: true, status: 'canceling', id, reason: `${CANCELING}: ${why}` });
      return;
    }
    if (state !== 'canceled')
      throw new KitError('message_final', `message ${id} is ${state}`, { messageId: id });
    response.json({ success: true, status: 'canceled' });
  };
}

/** Cancels the message, or records the request to cancel it; returns the row as changed. */
async function requestCancel(
  { storage, events, changes, dispatcher }: CancelParts,
  reference: string,
): Promise<Message> {
  const { message, hasChanged } = await storage.write(async (db, dialect) => {
    await lockLog(db, dialect);
    const row = await findMessage(db, reference);
    if (row === undefined) throw unknownMessage(reference);
    const now = Date.now();
    // One statement, because an attempt may begin or end at the same moment.
    const canceled = await db
      .updateTable('messages')
      .set({
        cancel_at: sql<number>`coalesce(cancel_at, ${sql.lit(now)})`,
        state: whileSending('state', 'canceled'),
        error_code: whileSending('error_code', 'message_canceled'),
        reason: whileSending('reason', CANCELED),
        ended_at: sql<number | null>`case when state = 'sending' then ended_at else ${sql.lit(now)} end`,
        // Look for the message now, not after the backoff.
        next_try_at: sql<number>`case when state = 'sending' then 0 else next_try_at end`,
      })
      .where('seq', '=', row.seq)
      .where(sql<boolean>`state in ('scheduled', 'queued', 'sending')`)
      .returningAll()
      .executeTakeFirst();
    if (canceled === undefined) return { message: toMessage(row), hasChanged: false };
    const after = toMessage(canceled);
    if (after.state === 'canceled') {
      await db.deleteFrom('media').where('message_id', '=', after.id).execute();
      await appendEvents(
        db,
        dialect,
        [failureEvent(after, 'canceled', now, CANCELED, 'message_canceled')],
        now,
      );
    }
    return { message: after, hasChanged: true };
  });
  if (!hasChanged) return message;
  if (message.state === 'canceled') events.appended();
  changes.changed(message.id);
  dispatcher.wake();
  return message;
}

/** Keeps a column while the message may have been sent; sets it to `otherwise` when it certainly was not. */
function whileSending(column: 'state' | 'error_code' | 'reason', otherwise: string) {
  return sql<string>`case when state = 'sending' then ${sql.ref(column)} else ${sql.lit(otherwise)} end`;
}
