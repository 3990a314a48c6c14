import type { RequestHandler } from 'express';
import { sql } from 'kysely';
import { KitError } from '../../contract/errors.ts';
import { isFinal, isInDoubt, MESSAGE_STATES } from '../../contract/message-states.ts';
import type { EventLog } from '../events/event-log.ts';
import { appendEvents, lockLog } from '../events/log-writer.ts';
import type { MessageChanges } from '../outbox/changes.ts';
import type { Dispatcher } from '../outbox/dispatcher.ts';
import { CANCELED, failureEvent } from '../outbox/endings.ts';
import { type Message, toMessage } from '../outbox/message.ts';
import { stateIs } from '../outbox/state-sql.ts';
import type { Store } from '../store/store.ts';
import { findMessage, unknownMessage } from './find-message.ts';
import { CANCELING, OutcomeWait, whyWaiting } from './outcome.ts';
import { readPreference } from './prefer-header.ts';

export interface CancelParts {
  readonly store: Store;
  readonly events: EventLog;
  readonly changes: MessageChanges;
  readonly dispatcher: Pick<Dispatcher, 'wake' | 'whyWaiting' | 'whyHeldBack'>;
  /** The longest wait for the outcome. */
  readonly sendWaitMs: number;
}

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
    const { state, reason, ...receipt } = isInDoubt(first.state)
      ? await wait.end(first, begunAt + Math.min(waitMs, parts.sendWaitMs))
      : first;
    if (applied !== undefined) response.set('preference-applied', applied);
    const { cancel } = MESSAGE_STATES[state];
    if (cancel === 'canceling') {
      const why = whyWaiting({ state, reason, ...receipt }, parts.dispatcher);
      response
        .status(202)
        .location(`/api/whatsapp/messages/${id}`)
        .json({ success: true, status: cancel, id, reason: `${CANCELING}: ${why}` });
      return;
    }
    if (cancel !== 'canceled') throw new KitError(cancel, `message ${id} is ${state}`, { messageId: id });
    response.json({ success: true, status: cancel });
  };
}

/** Cancels the message, or records the request to cancel it; returns the row as changed. */
async function requestCancel(
  { store, events, changes, dispatcher }: CancelParts,
  reference: string,
): Promise<Message> {
  const { message, hasChanged } = await store.write(async (db, dialect) => {
    await lockLog(db, dialect);
    const row = await findMessage(db, reference);
    if (row === undefined) throw unknownMessage(reference);
    const now = Date.now();
    // One statement, because an attempt may begin or end at the same moment.
    const canceled = await db
      .updateTable('messages')
      .set({
        cancel_at: sql<number>`coalesce(cancel_at, ${sql.lit(now)})`,
        state: unlessInDoubt('state', CANCELED.state),
        error_code: unlessInDoubt('error_code', CANCELED.code),
        reason: unlessInDoubt('reason', CANCELED.reason),
        ended_at: sql<number | null>`case when ${stateIs.inDoubt} then ended_at else ${sql.lit(now)} end`,
        // Look for the message now, not after the backoff.
        next_try_at: sql<number>`case when ${stateIs.inDoubt} then 0 else next_try_at end`,
      })
      .where('seq', '=', row.seq)
      .where(({ or }) => or([stateIs.unsent, stateIs.inDoubt]))
      .returningAll()
      .executeTakeFirst();
    if (canceled === undefined) return { message: toMessage(row), hasChanged: false };
    const after = toMessage(canceled);
    if (isFinal(after.state)) {
      await db.deleteFrom('media').where('message_id', '=', after.id).execute();
      await appendEvents(db, dialect, [await failureEvent(db, after, CANCELED, now)], now);
    }
    return { message: after, hasChanged: true };
  });
  if (!hasChanged) return message;
  if (isFinal(message.state)) events.appended();
  changes.changed(message.id);
  dispatcher.wake();
  return message;
}

/** Keeps a column while the message may have been sent; sets it to `otherwise` when it certainly was not. */
function unlessInDoubt<T extends string>(column: 'state' | 'error_code' | 'reason', otherwise: T) {
  return sql<T>`case when ${stateIs.inDoubt} then ${sql.ref(column)} else ${sql.lit(otherwise)} end`;
}
