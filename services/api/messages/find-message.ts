import type { Selectable } from 'kysely';
import { messageIdSchema } from '../../contract/content.ts';
import { KitError } from '../../contract/errors.ts';
import type { Database } from '../store/store.ts';
import type { Tables } from '../store/tables.ts';

/** A whole WhatsApp id, taken apart: `true_15551234567@c.us_3EB0…`, in a group with its author behind. */
export interface WhatsAppId {
  readonly isOwn: boolean;
  readonly chatId: string;
  readonly stanzaId: string;
}

const ACTIONS = ['reaction', 'edit', 'delete'];
const WHATSAPP_ID = /^(true|false)_([\w.:-]+@(?:c\.us|g\.us|lid|newsletter))_([^_@]+)(?:_[^_]+)?$/;

/** Undefined when it is not one. */
export function parseWhatsAppId(text: string): WhatsAppId | undefined {
  const [, direction, chatId, stanzaId] = WHATSAPP_ID.exec(text) ?? [];
  if (direction === undefined || chatId === undefined || stanzaId === undefined) return undefined;
  return { isOwn: direction === 'true', chatId, stanzaId };
}

/** Whether it is something done to another message, and none itself. */
export function isAction(kind: string): boolean {
  return ACTIONS.includes(kind);
}

/** A message of the outbox by the id that the kit gave, or by its whole WhatsApp id; undefined when there is none. */
export async function findMessage(
  db: Database,
  reference: string,
): Promise<Selectable<Tables['messages']> | undefined> {
  // Nothing else is an id, and some of it no database would take.
  if (!messageIdSchema.safeParse(reference).success) return undefined;
  const messages = db.selectFrom('messages').selectAll();
  const parts = parseWhatsAppId(reference);
  if (parts === undefined) return messages.where('id', '=', reference).executeTakeFirst();
  return (
    (await messages.where('whatsapp_id', '=', reference).executeTakeFirst()) ??
    (await messages.where('id', '=', parts.stanzaId).executeTakeFirst())
  );
}

export function unknownMessage(reference: string): KitError {
  return new KitError('not_found', `there is no message ${JSON.stringify(reference.slice(0, 80))} here`);
}
