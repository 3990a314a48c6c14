import { Router } from 'express';
import { limitQuerySchema } from '../../contract/bridge.ts';
import { toChatId } from '../../contract/chat-id.ts';
import { KitError } from '../../contract/errors.ts';
import type { WhatsAppMessage } from '../../contract/events.ts';
import { parseBy } from '../../runtime/http/request-validation.ts';
import { readScope } from '../account/scope.ts';
import type { BridgeClient } from '../bridge-client.ts';
import { askOnce } from '../people/ask-whatsapp.ts';
import { findPeople } from '../people/known-people.ts';
import { completed, completedAuthor, type KnownPeople } from '../people/people-in-events.ts';
import { recipientAddress } from '../people/recipients.ts';
import type { Store } from '../store/store.ts';

export interface ChatParts {
  readonly bridge: Pick<BridgeClient, 'chats' | 'messages' | 'resolve'>;
  readonly store: Store;
  readonly session: string;
}

/** The chats that the linked device knows, and their messages. A person's chat is found under each of their ids. */
export function chatRoutes(parts: ChatParts): Router {
  const { bridge, store, session } = parts;
  const router = Router({ caseSensitive: true });
  const peopleOf = (ids: readonly string[]): Promise<KnownPeople> =>
    store.read(async (db) => findPeople(db, await readScope(db, session), [...new Set(ids)]));

  router.get('/', async (request, response) => {
    const { limit } = parseBy(limitQuerySchema, request.query, 'query_invalid');
    const chats = await bridge.chats(limit);
    const people = await peopleOf(chats.map(({ id }) => id));
    response.json({ chats: chats.map((chat) => completed(chat, chat.id, people)) });
  });
  router.get('/:id/messages', async (request, response) => {
    const { limit } = parseBy(limitQuerySchema, request.query, 'query_invalid');
    const messages = await readMessages(parts, toChatId(request.params.id), limit);
    const people = await peopleOf(messages.flatMap(({ chat_id, author = [] }) => [chat_id, author].flat()));
    response.json({
      messages: messages.map((message) =>
        completedAuthor(completed(message, message.chat_id, people), people),
      ),
    });
  });
  return router;
}

/** WhatsApp is asked who is meant where the bridge finds no chat and nobody has asked for this form of a number yet. */
async function readMessages(parts: ChatParts, chatId: string, limit: number): Promise<WhatsAppMessage[]> {
  const { bridge, store, session } = parts;
  const address = () => store.read(async (db) => recipientAddress(db, await readScope(db, session), chatId));
  try {
    return await bridge.messages(await address(), limit);
  } catch (error) {
    if (!(error instanceof KitError) || error.code !== 'chat_unknown') throw error;
    if (await askOnce(parts, chatId)) return bridge.messages(await address(), limit);
    throw error;
  }
}
