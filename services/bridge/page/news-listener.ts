import type { Client } from 'whatsapp-web.js';
import { z } from 'zod';
import type { News } from '../events/news.ts';
import { PageDataError, parse, readMessage, readMessageIds } from './data.ts';
import { messageKeySchema, widSchema } from './ids.ts';

/** When a message was edited last, in Unix ms; undefined when it was not, or when the page does not say. */
export function editTimeOf(raw: unknown): number | undefined {
  return editedSchema.safeParse(raw).data?.latestEditSenderTimestampMs;
}

/** Turns the library's events into news; what cannot be read becomes news of that, and is never thrown at the page. */
export function listenForNews(client: Client, tell: (news: News) => void): void {
  const read = (make: () => News) => tell(orUnreadable(make));
  client.on('message_create', (message) =>
    read(() => {
      const own = readMessage(message.rawData);
      return { kind: own.from_me ? 'message_sent' : 'message', message: own };
    }),
  );
  client.on('message_ack', (message, ack) =>
    read(() => ({
      kind: 'ack',
      message: readMessageIds(message.rawData),
      ack: parse(ackSchema, ack, 'ack'),
    })),
  );
  client.on('message_edit', (message, _body: unknown, previous: unknown) =>
    read(() => ({
      kind: 'edited',
      message: readMessage(message.rawData),
      previousBody: typeof previous === 'string' ? previous : undefined,
      editedAt: editTimeOf(message.rawData),
    })),
  );
  client.on('message_revoke_everyone', (message) =>
    read(() => ({ kind: 'revoked', message: readMessage(message.rawData) })),
  );
  client.on('message_reaction', (reaction: unknown) =>
    read(() => {
      const { msgId, senderId, reaction: emoji, timestamp } = parse(reactionSchema, reaction, 'reaction');
      return {
        kind: 'reaction',
        messageId: msgId.id,
        sender: senderId,
        reaction: emoji,
        timestamp: Math.floor(timestamp),
      };
    }),
  );
  client.on('call', (call: unknown) =>
    read(() => {
      const { id, from, isVideo, isGroup } = parse(callSchema, call, 'call');
      return { kind: 'call', callId: id, from, isVideo, isGroup };
    }),
  );
}

const editedSchema = z.object({ latestEditSenderTimestampMs: z.number().int().positive() });

const ackSchema = z.number().int();

const reactionSchema = z.object({
  msgId: messageKeySchema,
  senderId: widSchema,
  reaction: z.string(),
  timestamp: z.number(),
});

const callSchema = z.object({
  id: z.string(),
  from: widSchema,
  isVideo: z.boolean().catch(false),
  isGroup: z.boolean().catch(false),
});

function orUnreadable(make: () => News): News {
  try {
    return make();
  } catch (error) {
    if (error instanceof PageDataError) return { kind: 'unreadable', error };
    throw error;
  }
}
