import type { Request, Response } from 'express';
import type { Config } from '#config';
import { KitError } from '../../contract/errors.ts';
import { MESSAGE_STATES } from '../../contract/message-states.ts';
import { readScope } from '../account/scope.ts';
import type { BridgeClient } from '../bridge-client.ts';
import type { BodyMemory } from '../media/body-memory.ts';
import type { Medium } from '../media/media.ts';
import type { Dispatcher } from '../outbox/dispatcher.ts';
import { askOnce } from '../people/ask-whatsapp.ts';
import { type ChatView, personBehind, viewChat } from '../people/recipients.ts';
import { isStorageError } from '../store/storage-errors.ts';
import type { Database, Store } from '../store/store.ts';
import { type AcceptParts, accept, type Drafting, type Receipt } from './accept.ts';
import { findKey, fingerprintOf, type KeyedRequest, readKey } from './idempotency.ts';
import { newMessageId } from './message-id.ts';
import { OutboxCapacity } from './outbox-capacity.ts';
import { OutcomeWait, type OutcomeWaitParts, type SessionWaits, whyWaiting } from './outcome.ts';
import { readPreference } from './prefer-header.ts';

/** What a request asks to be sent. */
export interface Order {
  /** Method and path, as far as they are part of what is asked for. */
  readonly route: string;
  /** The body as it was understood. */
  readonly meaning: object;
  /** The recipient, where the body names one as `chat_id`. */
  readonly chatId?: string | undefined;
  /** Gets what takes a while, before the transaction; not for a request that was accepted before. */
  readonly fetch?: ((gone: AbortSignal) => Promise<Medium>) | undefined;
  readonly draft: (fetched: Medium | undefined) => Drafting;
}

export type Submit = (request: Request, response: Response, order: Order) => Promise<void>;

export interface SubmitParts extends Omit<AcceptParts, 'capacity'>, OutcomeWaitParts {
  readonly bridge: Pick<BridgeClient, 'resolve'>;
  readonly memory: Pick<BodyMemory, 'release'>;
  readonly dispatcher: Pick<Dispatcher, 'wake' | 'whyWaiting' | 'whyHeldBack'>;
  readonly outbox: Pick<Config['outbox'], 'ttlHours' | 'maxWaiting'>;
  /** The longest wait for WhatsApp's acknowledgement before the answer is 202. */
  readonly sendWaitMs: number;
}

/**
 * Takes orders in and answers them: 200 when WhatsApp's server has the message within SEND_WAIT_MS, 202 with the reason
 * of the wait when it has not. Throws what refuses the order, and the KitError of a message that failed meanwhile.
 */
export function submitTo(parts: SubmitParts): Submit {
  const { store, session, outbox, memory, room, dispatcher, sendWaitMs } = parts;
  const accepting = { store, session, outbox, room, capacity: new OutboxCapacity(outbox.maxWaiting) };
  const isKnown = async (keyed: KeyedRequest | undefined) =>
    keyed !== undefined && (await store.read((db) => findEarlier(db, session, keyed))) !== undefined;

  return async (request, response, { route, meaning, chatId, fetch, draft }) => {
    const begunAt = performance.now();
    const key = readKey(request);
    const keyed = key === undefined ? undefined : toKeyed(key, route, meaning, chatId);
    const { waitMs = sendWaitMs, applied } = readPreference(request.headers.prefer);
    const isFetched = fetch === undefined || (await orOtherForm(parts, keyed, () => isKnown(keyed)));
    const fetched = isFetched ? undefined : await fetch(goneSignal(response));
    const id = newMessageId();
    using wait = waitMs > 0 ? new OutcomeWait(parts, response) : undefined;
    wait?.watch(id);
    const { receipt, isNew, heldBack } = await orOtherForm(parts, keyed, () =>
      accept(accepting, id, draft(fetched), keyed),
    );
    // Stored: what is waited for now needs the body no more.
    memory.release(request);
    if (isNew) dispatcher.wake();
    else wait?.watch(receipt.id);
    // Only a person can decide what becomes of it: that is nothing to wait for.
    const longestMs = heldBack === undefined ? Math.min(waitMs, sendWaitMs) : 0;
    const outcome = (await wait?.end(receipt, begunAt + longestMs)) ?? receipt;
    if (applied !== undefined) response.set('preference-applied', applied);
    answer(response, outcome, await chatOf(store, outcome), {
      whyWaiting: dispatcher.whyWaiting,
      whyHeldBack: (account) => heldBack ?? dispatcher.whyHeldBack(account),
    });
  };
}

/** Answers for the state of the message. Throws the KitError of one that will not be sent; its `messageId` says which. */
function answer(response: Response, receipt: Receipt, chat: ChatView, waits: SessionWaits): void {
  const { id, whatsappId, acceptedAt, state, reason, errorCode } = receipt;
  const { send } = MESSAGE_STATES[state];
  if ('code' in send) throw new KitError(errorCode ?? send.code, reason ?? state, { messageId: id });
  const isThere = send.http === 200;
  if (!isThere) response.set('location', `/api/whatsapp/messages/${id}`);
  response.status(send.http).json({
    success: true,
    status: send.status,
    id,
    message_id: whatsappId,
    ...chat,
    timestamp: new Date(acceptedAt).toISOString(),
    ...(isThere ? {} : { reason: whyWaiting(receipt, waits) }),
  });
}

/** The chat as it is known now. A store that is away keeps no answer from the client. */
async function chatOf(store: Store, { chatId, chatKey }: Receipt): Promise<ChatView> {
  try {
    return viewChat(chatId, await store.read((db) => personBehind(db, chatKey)));
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return viewChat(chatId, undefined);
  }
}

function toKeyed(key: string, route: string, meaning: object, chatId: string | undefined): KeyedRequest {
  const fingerprintFor = (chat_id: string) => fingerprintOf(route, { ...meaning, chat_id });
  return {
    key,
    fingerprint: fingerprintOf(route, meaning),
    ...(chatId === undefined ? {} : { chatId, fingerprintFor }),
  };
}

/**
 * Acts again where the key was taken for what may be another form of the same recipient, once WhatsApp has said who that is.
 * Where it cannot be asked now, the key counts as taken for something else.
 */
async function orOtherForm<T>(
  parts: SubmitParts,
  keyed: KeyedRequest | undefined,
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const chatId = keyed?.chatId;
    if (!(error instanceof KitError) || error.code !== 'key_reused' || chatId === undefined) throw error;
    if (await askOnce(parts, chatId)) return act();
    throw error;
  }
}

async function findEarlier(db: Database, session: string, keyed: KeyedRequest): Promise<string | undefined> {
  return findKey(db, await readScope(db, session), keyed, Date.now());
}

/** Aborted when the client has gone before it got its answer. */
function goneSignal(response: Response): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone.signal;
}
