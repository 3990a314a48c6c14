import { z } from 'zod';
import type { Person } from '../../contract/person.ts';
import { parse } from './data.ts';
import { TEXT_OF } from './ids.ts';
import { IS_WRITTEN } from './message-kinds.ts';
import { PEOPLE_FIELD, personIn } from './people/people.ts';
import type { WhatsApp } from './whatsapp.ts';

/** A message of this account, and how far it has come. */
export interface OwnMessage {
  readonly id: string;
  readonly stanza_id: string;
  readonly chat_id: string;
  readonly ack: number;
  /** Whose chat it is, in a chat with one person. */
  readonly person?: Person | undefined;
  /** The page has given it up, or never sends it: no ack will come. */
  readonly isFailed?: boolean | undefined;
}

/** The own messages of a page, and whether the page sends at all. */
export interface OwnMessages {
  readonly messages: readonly OwnMessage[];
  /**
   * Whether the page has taken in what waited at WhatsApp. Until then it sends nothing, for at most 5 minutes. Undefined
   * when the page does not tell. Source: `WAWebEventsWaitForOfflineDeliveryEnd`, `WAWebSendMsgJob` (jigger@0fbd5e1a).
   */
  readonly isDeliveryEnd: boolean | undefined;
}

/** The messages of these ids that the page knows, and whatever else was sent from here since and waits for its ack. */
export async function readOwnMessages(
  whatsapp: Pick<WhatsApp, 'run'>,
  ids: readonly string[],
  since: number,
): Promise<OwnMessages> {
  const raw = await whatsapp.run(ownMessages(ids, since));
  const { messages, isDeliveryEnd } = parse(ownSchema, raw, 'list of own messages');
  const named = messages.map(({ [PEOPLE_FIELD]: known, ...message }) => ({
    ...message,
    person: personIn({ [PEOPLE_FIELD]: known }, message.chat_id),
  }));
  return { messages: named, isDeliveryEnd: isDeliveryEnd ?? undefined };
}

/** Reconnects the page, if the page can do that. */
export async function reconnect(whatsapp: Pick<WhatsApp, 'run'>): Promise<void> {
  await whatsapp.run(RECONNECT);
}

export async function reload(whatsapp: Pick<WhatsApp, 'run'>): Promise<void> {
  await whatsapp.run(RELOAD);
}

/**
 * Whether a message goes to people from this very device, so that WhatsApp's server has to acknowledge it: ids made by
 * a WhatsApp Web begin with 3EB0, those of a phone do not, and channels and status posts have ways of their own.
 */
export function isAwaited({ stanza_id, chat_id, ack, isFailed }: OwnMessage): boolean {
  if (ack !== 0 || isFailed === true) return false;
  return stanza_id.startsWith('3EB0') && /@(c\.us|g\.us|lid|s\.whatsapp\.net)$/.test(chat_id);
}

const ownSchema = z.object({
  messages: z.array(
    z.object({
      id: z.string(),
      stanza_id: z.string(),
      chat_id: z.string(),
      ack: z.number().int(),
      isFailed: z.boolean(),
      [PEOPLE_FIELD]: z.unknown(),
    }),
  ),
  isDeliveryEnd: z.boolean().nullable(),
});

/**
 * A send that fails leaves its message at ack 0. The page marks it with `isSendFailure`, except in a chat with a contact
 * that this account has blocked. Source: `WAWebSendMsgRecordAction` (jigger@0fbd5e1a).
 */
function ownMessages(ids: readonly string[], since: number): string {
  return `(async () => {
    ${TEXT_OF}${IS_WRITTEN}
    const { Msg, Blocklist } = window.require('WAWebCollections');
    const isBlocked = (wid) => {
      try {
        return Boolean(Blocklist?.get(wid));
      } catch {
        return false;
      }
    };
    const isDeliveryEnd = () => {
      try {
        return Boolean(window.require('WAWebEventsWaitForOfflineDeliveryEnd').isOfflineDeliveryEnd());
      } catch {
        return null;
      }
    };
    const wanted = new Set(${JSON.stringify(ids)});
    const found = Msg.getModelsArray().filter((msg) =>
      wanted.has(textOf(msg.id)) ||
      (msg.id.fromMe && msg.ack === 0 && !msg.isSendFailure && msg.t >= ${since} && isWritten(msg)));
    for (const msg of found) wanted.delete(textOf(msg.id));
    if (wanted.size > 0) found.push(...((await Msg.getMessagesById([...wanted]))?.messages ?? []).filter(Boolean));
    return {
      messages: found.map((msg) => ({
        id: textOf(msg.id),
        stanza_id: msg.id.id,
        chat_id: textOf(msg.id.remote),
        ack: msg.ack ?? 0,
        ${PEOPLE_FIELD}: window.WWebJS?.gatehousePeople?.([msg.id.remote]),
        isFailed: msg.ack < 0 || msg.isSendFailure === true || isBlocked(msg.id.remote),
      })),
      isDeliveryEnd: isDeliveryEnd(),
    };
  })()`;
}

/** Not awaited: it may take as long as the network does. */
const RECONNECT = `(() => {
  const { Socket } = window.require('WAWebSocketModel');
  if (typeof Socket.reconnect !== 'function') return;
  Promise.resolve(Socket.reconnect()).catch((error) => console.warn('gatehouse: ' + error));
})()`;

/** Not within the call, which would break off. */
const RELOAD = 'void setTimeout(() => location.reload(), 0)';
