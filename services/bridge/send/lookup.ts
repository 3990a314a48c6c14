import type { BridgeContent } from '../../contract/content.ts';
import type { WhatsAppMessage } from '../../contract/events.ts';
import { contactCard } from '../page/contact-card.ts';
import { nextStanzaId, type SendRequest } from './request.ts';
import type { PlacedMessage, SendingPage } from './sending-browser.ts';

/** The clocks of the caller and of WhatsApp Web may differ by this much. */
const CLOCK_SLACK_S = 5;

/** What is known of the message ids of this process. */
export interface KnownIds {
  /** The earlier try met a page that sends under the ids that are chosen: what is not there by its id is not there. */
  readonly areChosen: boolean;
  /** Whether the message under this stanza id is known to belong to another send than the one with this id. */
  isOfAnother(stanzaId: string, id: string): boolean;
}

/** What an earlier call of the same send has left in the chat; without a message, the id that is free to send under. */
export type EarlierTry =
  | { readonly message: PlacedMessage & { readonly ack: number } }
  | { readonly message: undefined; readonly freeId: string };

/**
 * Looks for a message by its id, by those that follow from it after a refusal, and where the page may not have taken
 * ids, by its likeness. A message that failed (ack -1) does not count. Rejects when the page cannot tell.
 */
export async function findEarlierTry(
  { sends }: SendingPage,
  request: SendRequest,
  address: string,
  known: KnownIds,
): Promise<EarlierTry> {
  let freeId = request.stanzaId;
  for (;;) {
    const message = await sends.find(freeId, address);
    if (message === undefined || !message.from_me) break;
    if (message.ack >= 0) return { message };
    freeId = nextStanzaId(freeId);
  }
  // Under one of its ids there was something: the page takes them.
  const areChosen = known.areChosen || freeId !== request.stanzaId;
  if (request.retry === undefined || areChosen) return { message: undefined, freeId };
  const { since, known: others } = request.retry;
  const own = await sends.ownSince(address, since - CLOCK_SLACK_S);
  const message = own.find(
    (one) =>
      one.ack >= 0 &&
      !others.includes(one.stanza_id) &&
      !known.isOfAnother(one.stanza_id, request.stanzaId) &&
      isLike(one, request.content),
  );
  return message === undefined ? { message, freeId } : { message };
}

/** Whether a message looks like what this content becomes. */
export function isLike({ type, body, has_media }: WhatsAppMessage, content: BridgeContent): boolean {
  switch (content.kind) {
    case 'text':
      return type === 'chat' && body.trim() === content.text.trim();
    case 'media':
      return has_media && body.trim() === (content.caption ?? '').trim();
    case 'location':
      return type === 'location';
    case 'contact':
      return type === 'vcard' && body === contactCard(content.name, content.phone_number);
    default:
      return false;
  }
}
