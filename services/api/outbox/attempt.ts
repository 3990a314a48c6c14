import { MOST_TOLD_APART, type SendBody } from '../../contract/bridge.ts';
import { type BridgeContent, type MessageContent, messageIdSchema } from '../../contract/content.ts';
import { ERRORS, type ErrorCode, errorText, KitError } from '../../contract/errors.ts';
import { isInDoubt } from '../../contract/message-states.ts';
import type { Person } from '../../contract/person.ts';
import type { BridgeClient } from '../bridge-client.ts';
import { personBehind, sendAddressOf } from '../people/recipients.ts';
import type { Database, Store } from '../store/store.ts';
import { type Message, onlyLooksFor } from './message.ts';

/** What one call of the bridge says of a message. */
export type Outcome =
  /** WhatsApp Web has it; from ack 1 on WhatsApp's server has. */
  | {
      readonly kind: 'added';
      readonly whatsappId: string;
      readonly ack: number;
      /** Where it is, and whose chat that is. */
      readonly chatId: string;
      readonly person: Person | undefined;
    }
  /** Certainly not sent, and no other try would be. */
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly reason: string }
  /** Certainly not sent; the next try may go through. */
  | { readonly kind: 'unsent'; readonly code: ErrorCode; readonly reason: string }
  /** It was only looked for, and is not there: certainly not sent. */
  | { readonly kind: 'absent' }
  /** Perhaps sent. */
  | { readonly kind: 'unknown'; readonly reason: string };

/**
 * Calls the bridge for a message that is marked as `sending`. A message that was so marked before may have been sent:
 * the bridge then looks for it first, and after its `expires_at` or a cancel, or while the page breaks its kind (`isHeld`),
 * only looks. Never throws but for the store.
 */
export async function attempt(
  bridge: Pick<BridgeClient, 'send'>,
  store: Store,
  message: Message,
  now: number,
  signal?: AbortSignal,
  isHeld = false,
): Promise<Outcome> {
  const isDoubtful = isInDoubt(message.state);
  const onlyLooks = onlyLooksFor(message, now) || (isDoubtful && isHeld);
  if (message.content === undefined)
    return { kind: 'refused', code: 'contract_refused', reason: 'this release cannot read its content' };
  const content = await contentFor(store, message.content);
  if (content === undefined) return { kind: 'refused', code: 'media_unusable', reason: 'its medium is gone' };
  const since = message.dispatchedAt ?? now;
  try {
    const person = await store.read((db) => personBehind(db, message.chatKey));
    const body: SendBody = {
      chatId: sendAddressOf(person, message.chatId),
      ...(message.account === undefined ? {} : { account: message.account }),
      // Plain text goes in the words that every version of the bridge understands.
      ...(isPlain(content) ? { message: content.text } : { content }),
      stanza_id: message.id,
      ...(isDoubtful
        ? {
            retry: {
              since: Math.floor(since / 1000),
              known: await othersSent(store, message),
              ...(onlyLooks ? { only_look: true } : {}),
            },
          }
        : {}),
    };
    const answer = await bridge.send(body, signal);
    const { messageId: whatsappId, ack, chatId } = answer;
    return { kind: 'added', whatsappId, ack, chatId, person: answer.person };
  } catch (error) {
    return outcomeOf(error, onlyLooks, content);
  }
}

function outcomeOf(error: unknown, onlyLooked: boolean, content: BridgeContent): Outcome {
  const reason = errorText(error);
  if (!(error instanceof KitError)) return { kind: 'unknown', reason };
  const { code } = error;
  if (onlyLooked && code === 'not_found')
    // The bridge cannot look for a reaction: the page does not show whose reactions a message has.
    return content.kind === 'reaction'
      ? { kind: 'unknown', reason: 'WhatsApp Web cannot tell whether a reaction was sent' }
      : { kind: 'absent' };
  const { isFinal, retry } = ERRORS[code];
  if (isFinal) return { kind: 'refused', code, reason };
  if (retry === 'repeat') return { kind: 'unsent', code, reason };
  return { kind: 'unknown', reason };
}

/** What the bridge is to send; undefined when its medium is gone. */
async function contentFor(store: Store, content: MessageContent): Promise<BridgeContent | undefined> {
  if (content.kind === 'media') {
    const { media_id, ...about } = content;
    const medium = await store.read((db) =>
      db.selectFrom('media').selectAll().where('id', '=', media_id).executeTakeFirst(),
    );
    if (medium === undefined) return undefined;
    const { mimetype, filename, data } = medium;
    return {
      ...about,
      mimetype,
      data: data.toString('base64'),
      ...(filename === null ? {} : { filename }),
      ...(about.reply_to === undefined ? {} : { reply_to: await whatsappIdOf(store, about.reply_to) }),
    };
  }
  if ('target' in content) return { ...content, target: await whatsappIdOf(store, content.target) };
  if (content.reply_to === undefined) return content;
  return { ...content, reply_to: await whatsappIdOf(store, content.reply_to) };
}

/** The id at WhatsApp of a message of ours, if the bridge takes it; any other message has only the id given. */
async function whatsappIdOf(store: Store, id: string): Promise<string> {
  const row = await store.read((db) =>
    db.selectFrom('messages').select('whatsapp_id').where('id', '=', id).executeTakeFirst(),
  );
  const whatsappId = messageIdSchema.safeParse(row?.whatsapp_id).data;
  return whatsappId ?? id;
}

function isPlain(content: BridgeContent): content is Extract<BridgeContent, { kind: 'text' }> {
  if (content.kind !== 'text') return false;
  const { reply_to, mentions, link_preview } = content;
  return reply_to === undefined && mentions === undefined && link_preview === undefined;
}

/**
 * The stanza ids of the other messages of this chat that may be at WhatsApp. Not by the time of their first try: one
 * that was tried for long may have gone out right before this.
 */
async function othersSent(store: Store, message: Message): Promise<string[]> {
  const rows = await store.read((db) => Promise.all(rowsOfChat(db, message).map((rows) => rows.execute())));
  return rows
    .flat()
    .toSorted((left, right) => right.seq - left.seq)
    .slice(0, MOST_TOLD_APART)
    .map(({ id, whatsapp_id }) => whatsapp_id?.split('_')[2] ?? id);
}

/** By its key, and as messages of earlier releases have none, by its address too: one index for each. */
function rowsOfChat(db: Database, { chatId, chatKey, seq }: Message) {
  const others = db
    .selectFrom('messages')
    .select(['seq', 'id', 'whatsapp_id'])
    .where('seq', '!=', seq)
    .where('dispatched_at', 'is not', null)
    .orderBy('seq', 'desc')
    .limit(MOST_TOLD_APART);
  const byAddress = others.where('chat_id', '=', chatId).where('chat_key', 'is', null);
  return chatKey === undefined ? [byAddress] : [others.where('chat_key', '=', chatKey), byAddress];
}
