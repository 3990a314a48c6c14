import { Router } from 'express';
import { z } from 'zod';
import { toChatId } from '../contract/chat-id.ts';
import { parseBy } from '../runtime/json-bodies.ts';
import type { BridgeClient } from './bridge-client.ts';

const pageSchema = z.strictObject({
  limit: z
    .string()
    .regex(/^[1-9]\d{0,2}$/, 'must be a whole number from 1 to 999')
    .default('50')
    .transform(Number),
});

/** The chats that the linked device knows, and their messages. */
export function chatRoutes(bridge: BridgeClient): Router {
  const router = Router({ caseSensitive: true });
  router.get('/', async (request, response) => {
    const { limit } = parseBy(pageSchema, request.query, 'query_invalid');
    response.json({ chats: await bridge.chats(limit) });
  });
  router.get('/:id/messages', async (request, response) => {
    const { limit } = parseBy(pageSchema, request.query, 'query_invalid');
    response.json({ messages: await bridge.messages(toChatId(request.params.id), limit) });
  });
  return router;
}
