import { STATUS } from './broadcasts.ts';
import type { PhoneMessage } from './journal-records.ts';
import type { MediaStore } from './media-store.ts';
import type { PhoneState } from './phone-state.ts';
import { chatIdOf, idOf, randomHex } from './whatsapp-ids.ts';

/** A message that somebody writes to this account. */
export interface Incoming {
  readonly from: string;
  readonly author?: string | undefined;
  readonly name?: string | undefined;
  readonly body?: string | undefined;
  readonly type?: string | undefined;
  readonly quoted?: string | undefined;
  /** The part of the id that the sender makes; random when left out. */
  readonly key?: string | undefined;
  readonly media?:
    | {
        readonly mimetype: string;
        readonly data: string;
        readonly filename?: string | undefined;
        readonly caption?: string | undefined;
      }
    | undefined;
}

/** What a composed message takes from the account: the names of contacts, and a place for its media. */
interface PhoneParts {
  readonly state: PhoneState;
  readonly media: MediaStore;
}

/** A message as the phone keeps it, with its medium stored. Throws `body_invalid`. */
export function composeIncoming(incoming: Incoming, phone: PhoneParts): PhoneMessage {
  const chatId = chatIdOf('from', incoming.from);
  const hasAuthor = chatId === STATUS || chatId.endsWith('@g.us');
  const author = hasAuthor ? idOf('author', incoming.author ?? '') : undefined;
  const key = incoming.key ?? `3EB0${randomHex(9)}`;
  return {
    id: `false_${chatId}_${key}${author === undefined ? '' : `_${author}`}`,
    key,
    from_me: false,
    chat_id: chatId,
    author,
    name: incoming.name ?? phone.state.names.get(author ?? chatId),
    type: incoming.type ?? 'chat',
    body: incoming.body,
    t: Math.floor(Date.now() / 1000),
    ack: 1,
    details: {
      ...(incoming.quoted === undefined ? {} : { quotedStanzaID: incoming.quoted }),
      ...mediaDetails(incoming, phone.media),
      ...(chatId === STATUS ? { isStatusV3: true } : {}),
    },
    ...(incoming.media === undefined ? {} : { type: mediaType(incoming.media.mimetype) }),
    origin: 'contact',
    received_at: new Date().toISOString(),
    delivered: false,
  };
}

/** A message that the account's owner types on the phone. */
export function composeFromPhone(to: string, body: string, phone: Pick<PhoneParts, 'state'>): PhoneMessage {
  return composeOwn(phone, idOf('to', to), body, { key: `3A${randomHex(9)}`, origin: 'phone' });
}

/** A message that the account's owner types in another WhatsApp Web, under a key of that one. Throws `body_invalid`. */
export function composeFromDevice(
  to: string,
  body: string,
  key: string | undefined,
  phone: Pick<PhoneParts, 'state'>,
): PhoneMessage {
  const chatId = idOf('to', to);
  const author = chatId.endsWith('@g.us') ? phone.state.pn : undefined;
  return composeOwn(phone, chatId, body, { key: key ?? `3EB0${randomHex(9)}`, origin: 'device', author });
}

function composeOwn(
  { state }: Pick<PhoneParts, 'state'>,
  chatId: string,
  body: string,
  { key, origin, author }: Pick<PhoneMessage, 'key' | 'origin' | 'author'>,
): PhoneMessage {
  return {
    id: `true_${chatId}_${key}${state.isOwn(chatId) ? '_out' : ''}${author === undefined ? '' : `_${author}`}`,
    key,
    from_me: true,
    chat_id: chatId,
    author,
    type: 'chat',
    body,
    t: Math.floor(Date.now() / 1000),
    ack: 1,
    details: {},
    origin,
    received_at: new Date().toISOString(),
    delivered: false,
  };
}

function mediaDetails({ media }: Incoming, store: MediaStore): object {
  if (media === undefined) return {};
  return {
    ...store.keep(Buffer.from(media.data, 'base64')),
    mimetype: media.mimetype,
    mediaKey: randomHex(16),
    mediaKeyTimestamp: Math.floor(Date.now() / 1000),
    ...(media.filename === undefined ? {} : { filename: media.filename }),
    ...(media.caption === undefined ? {} : { caption: media.caption }),
  };
}

function mediaType(mimetype: string): string {
  const [family = ''] = mimetype.split('/');
  return ['image', 'video', 'audio'].includes(family) ? family : 'document';
}
