import type { Config } from '#config';
import { isUnsent } from '../../contract/message-states.ts';
import { backoffMs } from '../../runtime/backoff.ts';
import type { EventLog } from '../events/event-log.ts';
import { lockLog } from '../events/log-writer.ts';
import type { Store } from '../store/store.ts';
import type { Outcome } from './attempt.ts';
import type { MessageChanges } from './changes.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import { EXPIRED, endCanceled, endUnknown, giveUp, isCancelWanted } from './endings.ts';
import { isAction, type Message } from './message.ts';
import type { Pacer } from './pacing.ts';
import { SET_ASIDE } from './page-compat.ts';
import { forgetWritten } from './recipients/contacts.ts';
import { learnDelivery, noteRefusal } from './recipients/recipient-news.ts';
import * as transitions from './transitions.ts';

export interface OutcomeParts {
  readonly store: Store;
  readonly events: EventLog;
  readonly changes: MessageChanges;
  readonly breaker: CircuitBreaker;
  readonly pacer: Pacer;
  readonly outbox: Pick<Config['outbox'], 'retryMs' | 'retryMaxMs'>;
}

/** One attempt that has ended. */
export interface EndedAttempt {
  /** The message as it was when the attempt began. */
  readonly message: Message;
  readonly outcome: Outcome;
  /** Unix time in ms. */
  readonly begunAt: number;
  /** Whether the kit gave the call up: then it looks for the message at once. */
  readonly isCalledOff: boolean;
  /** Why the page of WhatsApp cannot send a message of this kind now; undefined when it can. */
  readonly heldBecause?: string | undefined;
}

const NOT_ACKNOWLEDGED = "WhatsApp Web has the message, but WhatsApp's server has not acknowledged it yet";

/** Records what an attempt has shown, and what follows: a state, an end, or the time of the next attempt. */
export async function recordOutcome(parts: OutcomeParts, attempt: EndedAttempt): Promise<void> {
  const { store, events, breaker, pacer, outbox } = parts;
  const { message, outcome, begunAt, isCalledOff, heldBecause } = attempt;
  const { id } = message;
  const now = Date.now();
  switch (outcome.kind) {
    case 'added': {
      const { ack } = outcome;
      const isOver = message.expiresAt <= now;
      // The answer to an action names its target, whose acks are not the action's.
      const whatsappId = isAction(message.kind) ? undefined : outcome.whatsappId;
      breaker.reset();
      const hasLearned = await store.write(async (db, dialect) => {
        if (ack < 1 && isOver) await lockLog(db, dialect);
        const hasLearned = await learnDelivery(db, dialect, message, outcome, now);
        await transitions.acknowledge(db, { id, whatsappId, ack, isAnswer: true }, now);
        if (ack < 1 && isOver) await endUnknown(db, dialect, message, NOT_ACKNOWLEDGED, now);
        else if (ack < 1)
          await transitions.postpone(db, id, NOT_ACKNOWLEDGED, nextLook(message, outbox, now));
        return hasLearned;
      });
      if (hasLearned || (ack < 1 && isOver)) events.appended();
      return;
    }
    case 'refused':
    case 'absent':
      await store.write(async (db, dialect) => {
        await lockLog(db, dialect);
        if (outcome.kind === 'refused') {
          const reason = await noteRefusal(db, message, outcome, now);
          await giveUp(db, dialect, message, { ...outcome, reason, state: 'failed' }, now);
        } else if (await isCancelWanted(db, message)) await endCanceled(db, dialect, message, now);
        else if (heldBecause !== undefined && message.expiresAt > now)
          await transitions.requeue(db, message, heldBecause, now);
        else await giveUp(db, dialect, message, EXPIRED, now);
        await forgetWritten(db, message, begunAt);
      });
      events.appended();
      return;
    case 'unsent': {
      const { code, reason } = outcome;
      if (code === 'whatsapp_not_ready') breaker.trip(reason);
      const requeued = await store.write(async (db) => {
        const { account = '' } = message;
        const isRestricted = code === 'recipient_restricted';
        const until = isRestricted ? await pacer.restricted(db, account, now) : undefined;
        const pauseMs = code === 'whatsapp_not_ready' ? 0 : backoffOf(message, outbox);
        const at = until ?? now + pauseMs;
        await forgetWritten(db, message, begunAt);
        if (isUnsent(message.state)) return transitions.requeue(db, message, reason, at);
        // An earlier attempt may have sent it: that this one did not proves nothing.
        await transitions.postpone(db, id, reason, nextLook(message, outbox, now, at));
        return { isCancelWanted: false };
      });
      // In a transaction of its own: the lock of the log must be taken before any row, or two transactions deadlock.
      if (requeued.isCancelWanted) await cancelUnsent(parts, message);
      return;
    }
    case 'unknown': {
      const at = isCalledOff ? now : nextLook(message, outbox, now);
      const code = heldBecause === undefined ? undefined : SET_ASIDE;
      await store.write((db) => transitions.postpone(db, id, outcome.reason, at, code));
    }
  }
}

/** Ends a message that was certainly not sent and that a client asked to cancel. */
export async function cancelUnsent(
  { store, events, changes }: Pick<OutcomeParts, 'store' | 'events' | 'changes'>,
  message: Message,
): Promise<void> {
  await store.write((db, dialect) => endCanceled(db, dialect, message, Date.now()));
  events.appended();
  changes.changed(message.id);
}

/** The next look for a message that may have been sent: at its expiry at the latest, and after it without backoff. */
function nextLook(
  message: Message,
  outbox: OutcomeParts['outbox'],
  now: number,
  at = now + backoffOf(message, outbox),
): number {
  return message.expiresAt > now ? Math.min(at, message.expiresAt) : now + outbox.retryMs;
}

function backoffOf({ attempts }: Message, { retryMs, retryMaxMs }: OutcomeParts['outbox']): number {
  return backoffMs(attempts + 1, { firstMs: retryMs, mostMs: retryMaxMs });
}
