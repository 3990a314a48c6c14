import { z } from 'zod';
import type { WhatsAppMessage } from '../../contract/events.ts';
import type { Person } from '../../contract/person.ts';
import { PageDataError, parse, readMessage, readMessageIds } from './data.ts';
import { type MessageIds, messageKeySchema, widSchema } from './ids.ts';
import type { Client } from './library.ts';
import { isWrittenType } from './message-kinds.ts';
import { personIn } from './people/people.ts';

/** An event of WhatsApp, as read from the page. */
export type InboundEvent =
  | { readonly kind: 'message' | 'message_sent' | 'revoked'; readonly message: WhatsAppMessage }
  | {
      readonly kind: 'ack';
      readonly message: MessageIds & { readonly person?: Person | undefined };
      readonly ack: number;
    }
  | {
      readonly kind: 'edited';
      readonly message: WhatsAppMessage;
      readonly previousBody: string | undefined;
      /** By WhatsApp, in Unix ms, if it says. */
      readonly editedAt: number | undefined;
    }
  | {
      readonly kind: 'reaction';
      readonly messageId: string;
      readonly chatId: string;
      /** Whose chat it is, in a chat with one person. */
      readonly person?: Person | undefined;
      /** Who reacted, in a chat of several. */
      readonly authorPerson?: Person | undefined;
      readonly sender: string;
      readonly reaction: string;
      readonly timestamp: number;
    }
  | {
      readonly kind: 'call';
      readonly callId: string;
      readonly from: string;
      /** Who calls. */
      readonly person?: Person | undefined;
      readonly isVideo: boolean;
      readonly isGroup: boolean;
    }
  | { readonly kind: 'unreadable'; readonly error: PageDataError };

/** When a message was edited last, in Unix ms; undefined when it was not, or when the page does not say. */
export function editTimeOf(raw: unknown): number | undefined {
  return editedSchema.safeParse(raw).data?.latestEditSenderTimestampMs;
}

/**
 * Passes on the library's events as inbound events, but none about notices of the page, which nobody wrote. One that
 * cannot be read becomes `unreadable`, and is never thrown at the page.
 */
export function listenForEvents(client: Client, onEvent: (event: InboundEvent) => void): void {
  const read = (make: () => InboundEvent) => onEvent(orUnreadable(make));
  const readOf = ({ rawData }: { readonly rawData: unknown }, make: () => InboundEvent) => {
    if (isWrittenType(typeSchema.safeParse(rawData).data?.type ?? '')) read(make);
  };
  const calls = new Set<string>();
  client.on('message_create', (message) =>
    readOf(message, () => {
      const own = readMessage(message.rawData);
      return { kind: own.from_me ? 'message_sent' : 'message', message: own };
    }),
  );
  client.on('message_ack', (message, ack) =>
    readOf(message, () => ({
      kind: 'ack',
      message: readMessageIds(message.rawData),
      ack: parse(ackSchema, ack, 'ack'),
    })),
  );
  client.on('message_edit', (message, _body: unknown, previous: unknown) =>
    readOf(message, () => ({
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
      const known = keyDataSchema.safeParse(reaction).data?.msgId;
      const person = personIn(known, msgId.chat_id);
      return {
        kind: 'reaction',
        messageId: msgId.id,
        chatId: msgId.chat_id,
        person,
        authorPerson: person === undefined ? personIn(known, senderId) : undefined,
        sender: senderId,
        reaction: emoji,
        timestamp: Math.floor(timestamp),
      };
    }),
  );
  // The library and the bridge's own listener (`life/calls.ts`) may both report a call.
  client.on('call', (call: unknown) => {
    const head = callHeadSchema.safeParse(call).data;
    if (head?.fromMe === true || calls.has(head?.id ?? '')) return;
    if (head !== undefined) calls.add(head.id);
    read(() => {
      const { id, from, isVideo, isGroup } = parse(callSchema, call, 'call');
      const known = callerSchema.safeParse(call).data?.from;
      return { kind: 'call', callId: id, from, isVideo, isGroup, person: personIn(known, from) };
    });
  });
}

const callHeadSchema = z.object({ id: z.string(), fromMe: z.boolean().optional().catch(undefined) });

const typeSchema = z.object({ type: z.string() });

const editedSchema = z.object({ latestEditSenderTimestampMs: z.number().int().positive() });

const ackSchema = z.number().int();

const reactionSchema = z.object({
  msgId: messageKeySchema,
  senderId: widSchema,
  reaction: z.string(),
  timestamp: z.number(),
});

const keyDataSchema = z.object({ msgId: z.unknown() });

const callerSchema = z.object({ from: z.unknown() });

const callSchema = z.object({
  id: z.string(),
  from: widSchema,
  isVideo: z.boolean().catch(false),
  isGroup: z.boolean().catch(false),
});

function orUnreadable(make: () => InboundEvent): InboundEvent {
  try {
    return make();
  } catch (error) {
    if (error instanceof PageDataError) return { kind: 'unreadable', error };
    throw error;
  }
}
