import { Router } from 'express';
import { limitQuerySchema } from '../../contract/bridge.ts';
import { toChatId } from '../../contract/chat-id.ts';
import { parseBy } from '../../runtime/http/request-validation.ts';
import type { BridgeClient } from '../bridge-client.ts';

/** The chats that the linked device knows, and their messages. */
export function chatRoutes(bridge: Pick<BridgeClient, 'chats' | 'messages'>): Router {
  const router = Router({ caseSensitive: true });
  router.get('/', async (request, response) => {
    const { limit } = parseBy(limitQuerySchema, request.query, 'query_invalid');
    response.json({ chats: await bridge.chats(limit) });
  });
  router.get('/:id/messages', async (request, response) => {
    const { limit } = parseBy(limitQuerySchema, request.query, 'query_invalid');
    response.json({ messages: await bridge.messages(toChatId(request.params.id), limit) });
  });
  return router;
}
