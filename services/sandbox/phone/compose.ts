import { randomBytes } from 'node:crypto';
import { toChatId } from '../../contract/chat-id.ts';
import { KitError } from '../../contract/errors.ts';
import type { MediaStore } from './media-store.ts';
import type { Phone } from './phone.ts';
import type { PhoneMessage } from './records.ts';

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

export function composeIncoming(incoming: Incoming, phone: Phone): PhoneMessage {
  const chatId = idOf('from', incoming.from);
  const author = chatId.endsWith('@g.us') ? idOf('author', incoming.author ?? '') : undefined;
  const key = incoming.key ?? `3EB0${randomHex(9)}`;
  return {
    id: `false_${chatId}_${key}${author === undefined ? '' : `_${author}`}`,
    key,
    from_me: false,
    chat_id: chatId,
    author,
    name: incoming.name ?? phone.memory.names.get(author ?? chatId),
    type: incoming.type ?? 'chat',
    body: incoming.body,
    t: Math.floor(Date.now() / 1000),
    ack: 1,
    details: {
      ...(incoming.quoted === undefined ? {} : { quotedStanzaID: incoming.quoted }),
      ...mediaDetails(incoming, phone.media),
    },
    ...(incoming.media === undefined ? {} : { type: mediaType(incoming.media.mimetype) }),
    origin: 'contact',
    received_at: new Date().toISOString(),
    delivered: false,
  };
}

/** A message that the account's owner types on the phone. */
export function composeFromPhone(to: string, body: string): PhoneMessage {
  const chatId = idOf('to', to);
  const key = `3A${randomHex(9)}`;
  return {
    id: `true_${chatId}_${key}`,
    key,
    from_me: true,
    chat_id: chatId,
    type: 'chat',
    body,
    t: Math.floor(Date.now() / 1000),
    ack: 1,
    details: {},
    origin: 'phone',
    received_at: new Date().toISOString(),
    delivered: false,
  };
}

export function randomHex(byteCount: number): string {
  return randomBytes(byteCount).toString('hex').toUpperCase();
}

/** The WhatsApp id in a field of a request. Throws `body_invalid`. */
export function idOf(field: string, text: string): string {
  try {
    return toChatId(text);
  } catch (cause) {
    const message = 'must be a phone number with its country code, or a WhatsApp id such as 15551234567@c.us';
    throw new KitError('body_invalid', `${field} ${message}`, { cause, fields: [{ field, message }] });
  }
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
