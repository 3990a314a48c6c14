import { z } from 'zod';
import { capabilityStateSchema } from './compat.ts';
import type { UnsentEnd } from './message-states.ts';
import { type Account, accountSchema, type Person, personSchema } from './person.ts';

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
  /** Whose chat it is, in a chat with one person. */
  person: personSchema.optional(),
  /** Who wrote it, in a group. */
  author_person: personSchema.optional(),
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
  /** The id of the account that was linked when it happened, if one was. */
  account: z.string().min(1).optional(),
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
    data: z.object({
      chat_id: z.string(),
      stanza_id: z.string(),
      ack: z.number().int(),
      person: personSchema.optional(),
    }),
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
    data: z.object({
      /** The chat of the message. A bridge of an earlier release does not say it. */
      chat_id: z.string().optional(),
      /** Who reacted. */
      sender: z.string(),
      reaction: z.string(),
      timestamp: z.number().int(),
      /** Whose chat it is, in a chat with one person. */
      person: personSchema.optional(),
      /** Who reacted, in a group. */
      author_person: personSchema.optional(),
    }),
  }),
  z.object({
    ...head,
    kind: z.literal('call'),
    data: z.object({
      call_id: z.string(),
      from: z.string(),
      is_video: z.boolean(),
      is_group: z.boolean(),
      /** Who calls. */
      person: personSchema.optional(),
    }),
  }),
  z.object({
    ...head,
    kind: z.literal('state'),
    data: z.object({
      state: sessionStateSchema,
      since: z.iso.datetime(),
      reason: z.string().optional(),
      /** The account that is linked, in the states `ready` and `degraded`. */
      me: accountSchema.optional(),
    }),
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

/** What every event of the api has. */
interface ApiEventHead {
  readonly session: string;
  readonly key: string;
  readonly at: string;
  readonly account?: string;
}

/** The end of an accepted message that did not go out. */
export interface OutboxEvent extends ApiEventHead {
  readonly kind: 'message_failed';
  readonly data: {
    readonly id: string;
    /** WhatsApp's present address of the chat, as far as is known. */
    readonly chat_id: string;
    /** The address that the message was accepted for, where it differs. */
    readonly requested_chat_id?: string;
    readonly person?: Person;
    readonly status: UnsentEnd;
    readonly code?: string;
    readonly reason?: string;
  };
}

/** Two people turned out to be one: what was kept of `merged` belongs to `person` now. */
export interface PersonMergedEvent extends ApiEventHead {
  readonly kind: 'person_merged';
  readonly data: {
    /** WhatsApp's present address of the chat. */
    readonly chat_id: string;
    readonly person: Person;
    readonly merged: Person;
  };
}

/** Another account than before is linked, or the operator has chosen what becomes of the messages of the one before. */
export interface AccountChangedEvent extends ApiEventHead {
  readonly kind: 'account_changed';
  readonly data: {
    /** The account whose messages wait, or waited. */
    readonly owner: Account;
    /** The account that is linked. */
    readonly linked: Account;
    /** Undefined until the operator, or the return of the first account, has decided. */
    readonly decision?: 'adopt' | 'cancel' | 'returned';
    readonly reason: string;
  };
}

/** What the api itself adds to the log. */
export type ApiEvent = OutboxEvent | PersonMergedEvent | AccountChangedEvent;

/** Everything that stands in the event log. */
export type LoggedEvent = BridgeEvent | ApiEvent;

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
  'person_merged',
  'account_changed',
] as const satisfies readonly LoggedEvent['kind'][];
export type EventType = (typeof EVENT_TYPES)[number];

/** The most events of one post. */
export const MOST_EVENTS_AT_ONCE = 100;

/** The body of `POST EVENTS_PATH`; any 2xx means that all of them are in the api's log on disk: the bridge forgets them. */
export const eventBatchSchema = z.object({
  events: z.array(bridgeEventSchema).min(1).max(MOST_EVENTS_AT_ONCE),
});
