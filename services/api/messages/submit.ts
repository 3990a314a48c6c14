import type { Request, Response } from 'express';
import type { AppParts } from '../app.ts';
import type { Medium } from '../media/media.ts';
import { isSent } from '../outbox/message.ts';
import { accept, type Drafting, type Receipt } from './accept.ts';
import { findKey, fingerprintOf, type KeyedRequest, readKey } from './idempotency.ts';
import { newMessageId } from './message-id.ts';
import { demandNotFailed, OutcomeWait, whyWaiting } from './outcome.ts';
import { readPreference } from './preference.ts';
import { WaitingRoom } from './waiting-room.ts';

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

/**
 * Takes orders in and answers them: 200 when WhatsApp's server has the message within SEND_WAIT_MS, 202 with the reason
 * of the wait when it has not. Throws what refuses the order, and the KitError of a message that failed meanwhile.
 */
export function submitTo(parts: AppParts): Submit {
  const { storage, dispatcher, sendWaitMs } = parts;
  const room = new WaitingRoom(parts.outbox.maxWaiting);
  const isKnown = async (keyed: KeyedRequest | undefined) =>
    keyed !== undefined && (await storage.read((db) => findKey(db, keyed, Date.now()))) !== undefined;

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
    const { receipt, isNew } = await accept(parts, room, id, draft(fetched), keyed);
    if (isNew) dispatcher.wake();
    else wait?.watch(receipt.id);
    const outcome = (await wait?.end(receipt, begunAt + Math.min(waitMs, sendWaitMs))) ?? receipt;
    if (applied !== undefined) response.set('preference-applied', applied);
    demandNotFailed(outcome);
    answer(response, outcome, dispatcher.whyWaiting);
  };
}

function answer(response: Response, receipt: Receipt, sessionReason: string | undefined): void {
  const { id, chatId, whatsappId, acceptedAt, state } = receipt;
  const isThere = isSent(state);
  if (!isThere) response.set('location', `/api/whatsapp/messages/${id}`);
  response.status(isThere ? 200 : 202).json({
    success: true,
    status: isThere ? 'sent' : 'queued',
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
