import type { BridgeContent } from '../../contract/content.ts';
import { KitError } from '../../contract/errors.ts';
import type { WhatsAppMessage } from '../../contract/events.ts';
import { contactCard } from '../page/contact-card.ts';
import { nextStanzaId, type SendRequest } from './request.ts';
import type { PlacedMessage, SendingPage } from './sending-browser.ts';

/** The clocks of the caller and of WhatsApp Web may differ by this much. */
const CLOCK_SLACK_S = 5;
/** The most ids of one message: each is that of a failed try. A page that has one under every id cannot be believed. */
const MOST_IDS = 50;

/** What is known of the message ids of this process. */
export interface KnownIds {
  /** The earlier try met a page that sends under the ids that are chosen: what is not there by its id is not there. */
  readonly areChosen: boolean;
  /** Whether the message under this stanza id is known to belong to another send than the one with this id. */
  isOfAnother(stanzaId: string, id: string): boolean;
  /** The stanza id of the message that the send with this id is known to have made. */
  madeBy(id: string): string | undefined;
}

/** An earlier try that the page has given up. `isRefused`: WhatsApp's server certainly does not have it. */
export type FailedTry = PlacedMessage & { readonly isRefused: boolean };

/**
 * What an earlier call of the same send has left in the chat: the message, which WhatsApp has or which is under way; or one
 * that failed; or nothing. Without a message, `freeId` is free to send under.
 */
export type EarlierTry =
  | { readonly message: PlacedMessage & { readonly ack: number } }
  | { readonly message: undefined; readonly failed: FailedTry | undefined; readonly freeId: string };

/** What a look for an earlier try needs of the page. */
export interface SearchedPage {
  readonly sends: Pick<SendingPage['sends'], 'find' | 'ownSince' | 'linkedAt' | 'isDeliveryOver'>;
}

/** After a link, WhatsApp goes on for minutes to hand over what was sent before it. How long is unknown. */
const HISTORY_S = 600;

/**
 * Looks for a message by its id, by those that follow from it after a failure, and where the page may not have taken
 * ids, by its likeness. Rejects when the page cannot tell.
 */
export async function findEarlierTry(
  { sends }: SearchedPage,
  request: SendRequest,
  address: string,
  known: KnownIds,
): Promise<EarlierTry> {
  let freeId = request.stanzaId;
  let failed: FailedTry | undefined;
  const madeUnder = known.madeBy(request.stanzaId) ?? freeId;
  if (madeUnder !== freeId) {
    const message = await sends.find(madeUnder, address);
    if (message?.from_me === true && !message.isFailed) return { message };
    if (message?.from_me === true) failed = message;
  }
  for (let tries = 0; ; tries += 1) {
    if (tries === MOST_IDS) throw endlessTries(request.stanzaId);
    const message = await sends.find(freeId, address);
    if (message === undefined || !message.from_me) break;
    if (!message.isFailed) return { message };
    failed = message;
    freeId = nextStanzaId(freeId);
  }
  const none = { message: undefined, failed, freeId } as const;
  if (failed !== undefined) await checkDelivery(sends, failed);
  if (failed !== undefined || request.retry === undefined) return none;
  const { since, known: others } = request.retry;
  if (!known.areChosen) {
    const alike = (await sends.ownSince(address, since - CLOCK_SLACK_S)).filter(
      (one) =>
        !others.includes(one.stanza_id) &&
        !known.isOfAnother(one.stanza_id, request.stanzaId) &&
        isLike(one, request.content),
    );
    const message = alike.find(({ isFailed }) => !isFailed);
    if (message !== undefined) return { message };
    const [last] = alike.slice(-1);
    if (last !== undefined) {
      await checkDelivery(sends, last);
      return { ...none, failed: last };
    }
  }
  await checkHistory(sends, since);
  return none;
}

/**
 * Throws `send_failed` while receipts may be on their way: after a load, the page gives up a message whose ack it never heard,
 * although WhatsApp may have it. The receipt of its recipient waits at the server and comes with offline delivery. A retry before
 * that would be sent no earlier, and might arrive a second time.
 */
async function checkDelivery(sends: SearchedPage['sends'], { isRefused }: FailedTry): Promise<void> {
  if (isRefused || (await sends.isDeliveryOver())) return;
  throw new KitError(
    'send_failed',
    'nothing was sent: an earlier try may have got through, and WhatsApp Web still takes in what waited at its server',
  );
}

/**
 * Throws `send_failed` while a page that was linked after the first try may not have all messages yet: what it does not
 * find may still have been sent. `hasSynced` means only that the critical data is there.
 */
async function checkHistory(sends: SearchedPage['sends'], since: number): Promise<void> {
  const linkedAt = await sends.linkedAt();
  if (linkedAt === undefined || since >= linkedAt || Date.now() / 1000 > linkedAt + HISTORY_S) return;
  throw new KitError(
    'send_failed',
    `nothing was sent: an earlier try may have got through, and WhatsApp Web, linked since, is still loading older messages (for up to ${HISTORY_S} s)`,
  );
}

function endlessTries(id: string): KitError {
  return new KitError(
    'send_failed',
    `nothing was sent: WhatsApp Web shows ${MOST_IDS} failed tries of message ${id}`,
  );
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
