import type { Selectable } from 'kysely';
import { messageIdSchema } from '../../contract/content.ts';
import { KitError } from '../../contract/errors.ts';
import type { Database } from '../store/store.ts';
import type { Tables } from '../store/tables.ts';
import { parseWhatsAppId } from './message-id.ts';

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
