import { randomFillSync } from 'node:crypto';

/** A whole WhatsApp id, taken apart: `true_15551234567@c.us_3EB0…`, in a group with its author behind. */
export interface WhatsAppId {
  readonly isOwn: boolean;
  readonly chatId: string;
  readonly stanzaId: string;
}

/** Of random bits in an id: 72. */
const BYTES = 9;
/** Drawn at once, since asking for randomness costs more than all the rest of an id. */
const pool = Buffer.alloc(BYTES * 256);
let used = pool.length;

const WHATSAPP_ID = /^(true|false)_([\w.:-]+@(?:c\.us|g\.us|lid|newsletter))_([^_@]+)(?:_[^_]+)?$/;

/** The id of a message, at WhatsApp too: of the form that WhatsApp Web itself makes. */
export function newMessageId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += BYTES;
  return `3EB0${pool.toString('hex', used - BYTES, used).toUpperCase()}`;
}

/** Takes a whole WhatsApp id apart; undefined when the text is none. */
export function parseWhatsAppId(text: string): WhatsAppId | undefined {
  const [, direction, chatId, stanzaId] = WHATSAPP_ID.exec(text) ?? [];
  if (direction === undefined || chatId === undefined || stanzaId === undefined) return undefined;
  return { isOwn: direction === 'true', chatId, stanzaId };
}
