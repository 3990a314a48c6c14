import { z } from 'zod';
import { parse } from './data.ts';
import { TEXT_OF } from './ids.ts';
import type { WhatsApp } from './whatsapp.ts';

/** A message of this account, and how far it has come. */
export interface OwnMessage {
  readonly id: string;
  readonly stanza_id: string;
  readonly chat_id: string;
  readonly ack: number;
}

/** The messages of these ids that the page knows, and whatever else was sent from here since and waits for its ack. */
export async function readOwnMessages(
  whatsapp: Pick<WhatsApp, 'run'>,
  ids: readonly string[],
  since: number,
): Promise<OwnMessage[]> {
  return parse(z.array(ownMessage), await whatsapp.run(ownMessages(ids, since)), 'list of own messages');
}

/** Lets the page connect anew, as far as it can. What its outbox holds is then sent again. */
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
export function isAwaited({ stanza_id, chat_id, ack }: OwnMessage): boolean {
  return ack === 0 && stanza_id.startsWith('3EB0') && /@(c\.us|g\.us|lid|s\.whatsapp\.net)$/.test(chat_id);
}

const ownMessage = z.object({
  id: z.string(),
  stanza_id: z.string(),
  chat_id: z.string(),
  ack: z.number().int(),
});

function ownMessages(ids: readonly string[], since: number): string {
  return `(async () => {
    ${TEXT_OF}
    const { Msg } = window.require('WAWebCollections');
    const wanted = new Set(${JSON.stringify(ids)});
    const found = Msg.getModelsArray().filter((msg) =>
      wanted.has(textOf(msg.id)) ||
      (msg.id.fromMe && msg.ack === 0 && msg.t >= ${since} && !msg.isNotification));
    for (const msg of found) wanted.delete(textOf(msg.id));
    if (wanted.size > 0) found.push(...((await Msg.getMessagesById([...wanted]))?.messages ?? []).filter(Boolean));
    return found.map((msg) => ({
      id: textOf(msg.id),
      stanza_id: msg.id.id,
      chat_id: textOf(msg.id.remote),
      ack: msg.ack ?? 0,
    }));
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
