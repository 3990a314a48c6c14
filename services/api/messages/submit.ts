import type { Request, Response } from 'express';
import type { Config } from '#config';
import { KitError } from '../../contract/errors.ts';
import { MESSAGE_STATES } from '../../contract/message-states.ts';
import type { Medium } from '../media/media.ts';
import type { Dispatcher } from '../outbox/dispatcher.ts';
import { type AcceptParts, accept, type Drafting, type Receipt } from './accept.ts';
import { findKey, fingerprintOf, type KeyedRequest, readKey } from './idempotency.ts';
import { newMessageId } from './message-id.ts';
import { OutboxCapacity } from './outbox-capacity.ts';
import { OutcomeWait, type OutcomeWaitParts, whyWaiting } from './outcome.ts';
import { readPreference } from './prefer-header.ts';

/** What a request asks to be sent. */
export interface Order {
  /** Method and path, as far as they are part of what is asked for. */
  readonly route: string;
  /** The body as it was understood. */
  readonly meaning: object;
  /** Gets what takes a while, before the transaction; not for a request that was accepted before. */
  readonly fetch?: ((gone: AbortSignal) => Promise<Medium>) | undefined;
  readonly draft: (fetched: Medium | undefined) => Drafting;
}

export type Submit = (request: Request, response: Response, order: Order) => Promise<void>;

export interface SubmitParts extends Omit<AcceptParts, 'capacity'>, OutcomeWaitParts {
  readonly dispatcher: Pick<Dispatcher, 'wake' | 'whyWaiting'>;
  readonly outbox: Pick<Config['outbox'], 'ttlHours' | 'maxWaiting'>;
  /** The longest wait for WhatsApp's acknowledgement before the answer is 202. */
  readonly sendWaitMs: number;
}

/**
 * Takes orders in and answers them: 200 when WhatsApp's server has the message within SEND_WAIT_MS, 202 with the reason
 * of the wait when it has not. Throws what refuses the order, and the KitError of a message that failed meanwhile.
 */
export function submitTo(parts: SubmitParts): Submit {
  const { store, session, outbox, dispatcher, sendWaitMs } = parts;
  const accepting = { store, session, outbox, capacity: new OutboxCapacity(outbox.maxWaiting) };
  const isKnown = async (keyed: KeyedRequest | undefined) =>
    keyed !== undefined && (await store.read((db) => findKey(db, keyed, Date.now()))) !== undefined;

  return async (request, response, { route, meaning, fetch, draft }) => {
    const begunAt = performance.now();
    const key = readKey(request);
    const keyed = key === undefined ? undefined : { key, fingerprint: fingerprintOf(route, meaning) };
    const { waitMs = sendWaitMs, applied } = readPreference(request.headers.prefer);
    const fetched =
      fetch === undefined || (await isKnown(keyed)) ? undefined : await fetch(goneSignal(response));
    const id = newMessageId();
    using wait = waitMs > 0 ? new OutcomeWait(parts, response) : undefined;
    wait?.watch(id);
    const { receipt, isNew } = await accept(accepting, id, draft(fetched), keyed);
    if (isNew) dispatcher.wake();
    else wait?.watch(receipt.id);
    const outcome = (await wait?.end(receipt, begunAt + Math.min(waitMs, sendWaitMs))) ?? receipt;
    if (applied !== undefined) response.set('preference-applied', applied);
    answer(response, outcome, dispatcher.whyWaiting);
  };
}

/** Answers for the state of the message. Throws the KitError of one that will not be sent; its `messageId` says which. */
function answer(response: Response, receipt: Receipt, sessionReason: string | undefined): void {
  const { id, chatId, whatsappId, acceptedAt, state, reason, errorCode } = receipt;
  const { send } = MESSAGE_STATES[state];
  if ('code' in send) throw new KitError(errorCode ?? send.code, reason ?? state, { messageId: id });
  const isThere = send.http === 200;
  if (!isThere) response.set('location', `/api/whatsapp/messages/${id}`);
  response.status(send.http).json({
    success: true,
    status: send.status,
    id,
    message_id: whatsappId,
    chat_id: chatId,
    timestamp: new Date(acceptedAt).toISOString(),
    ...(isThere ? {} : { reason: whyWaiting(receipt, sessionReason) }),
  });
}

/** Aborted when the client has gone before it got its answer. */
function goneSignal(response: Response): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone.signal;
}
