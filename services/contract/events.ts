import { z } from 'zod';
import { capabilityStateSchema } from './compat.ts';
import type { UnsentEnd } from './message-states.ts';

/** A WhatsApp message as every service of the kit sees it. Ids are serialized: `true_15551234567@c.us_3EB0…`. */
export const messageSchema = z.object({
  id: z.string().min(1),
  /** The id without direction and chat: unique for the account, and all that is known before a send. */
  stanza_id: z.string().min(1),
  chat_id: z.string().min(1),
  from: z.string(),
  to: z.string(),
  /** Who wrote it, in a group. */
  author: z.string().optional(),
  sender_name: z.string().optional(),
  from_me: z.boolean(),
  type: z.string(),
  body: z.string(),
  /** Unix time in seconds, by WhatsApp. */
  timestamp: z.number().int(),
  /** -1 failed, 0 pending, 1 server, 2 delivered, 3 read, 4 played. */
  ack: z.number().int(),
  has_media: z.boolean(),
  quoted_stanza_id: z.string().optional(),
  mentions: z.array(z.string()).optional(),
});
export type WhatsAppMessage = z.infer<typeof messageSchema>;

export const SESSION_STATES = [
  'starting',
  'offline',
  'qr',
  'pairing',
  'passkey',
  'syncing',
  'ready',
  'degraded',
  'disconnected',
  'stopped',
] as const;
export const sessionStateSchema = z.enum(SESSION_STATES);
export type SessionState = z.infer<typeof sessionStateSchema>;

const head = {
  session: z.string().min(1),
  /** What this event is, the same for every repetition: an event whose key the log already has is a duplicate. */
  key: z.string().min(1),
  at: z.iso.datetime(),
};
const ofMessage = { ...head, whatsapp_id: z.string().min(1) };

/** What the bridge posts to the api, in the order in which it happened. */
export const bridgeEventSchema = z.discriminatedUnion('kind', [
  z.object({ ...ofMessage, kind: z.literal('message'), data: messageSchema }),
  /** An own message that appeared: sent by the kit, or typed on the phone. */
  z.object({ ...ofMessage, kind: z.literal('message_sent'), data: messageSchema }),
  z.object({
    ...ofMessage,
    kind: z.literal('ack'),
    data: z.object({ chat_id: z.string(), stanza_id: z.string(), ack: z.number().int() }),
  }),
  z.object({
    ...ofMessage,
    kind: z.literal('edited'),
    data: messageSchema.extend({ previous_body: z.string().optional() }),
  }),
  z.object({ ...ofMessage, kind: z.literal('revoked'), data: messageSchema }),
  z.object({
    ...ofMessage,
    kind: z.literal('reaction'),
    data: z.object({ sender: z.string(), reaction: z.string(), timestamp: z.number().int() }),
  }),
  z.object({
    ...head,
    kind: z.literal('call'),
    data: z.object({ call_id: z.string(), from: z.string(), is_video: z.boolean(), is_group: z.boolean() }),
  }),
  z.object({
    ...head,
    kind: z.literal('state'),
    data: z.object({ state: sessionStateSchema, since: z.iso.datetime(), reason: z.string().optional() }),
  }),
  z.object({
    ...head,
    kind: z.literal('qr'),
    data: z.object({ qr: z.string(), generated_at: z.iso.datetime() }),
  }),
  /** What the kit can do with the page has changed. */
  z.object({
    ...head,
    kind: z.literal('compat'),
    data: capabilityStateSchema.extend({ page_version: z.string().optional() }),
  }),
  /** Events are missing here, for the reason given: what was in them may still be read from the chats. */
  z.object({
    ...head,
    kind: z.literal('gap'),
    data: z.object({ lost: z.number().int().optional(), reason: z.string() }),
  }),
]);
export type BridgeEvent = z.infer<typeof bridgeEventSchema>;

/** What the api itself adds to the log: the end of an accepted message that did not go out. */
export interface OutboxEvent {
  readonly session: string;
  readonly key: string;
  readonly at: string;
  readonly kind: 'message_failed';
  readonly data: {
    readonly id: string;
    readonly chat_id: string;
    readonly status: UnsentEnd;
    readonly code?: string;
    readonly reason?: string;
  };
}

/** Everything that stands in the event log. */
export type LoggedEvent = BridgeEvent | OutboxEvent;

export const EVENT_TYPES = [
  'message',
  'message_sent',
  'message_failed',
  'ack',
  'edited',
  'revoked',
  'reaction',
  'call',
  'state',
  'qr',
  'gap',
  'compat',
] as const satisfies readonly LoggedEvent['kind'][];
export type EventType = (typeof EVENT_TYPES)[number];

/** The most events of one post. */
export const MOST_EVENTS_AT_ONCE = 100;

/** The body of `POST EVENTS_PATH`; any 2xx means that all of them are in the api's log on disk: the bridge forgets them. */
export const eventBatchSchema = z.object({
  events: z.array(bridgeEventSchema).min(1).max(MOST_EVENTS_AT_ONCE),
});
