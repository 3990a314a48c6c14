import { z } from 'zod';
import { compatSummarySchema } from './compat.ts';
import { bridgeContentSchema, phoneDigitsSchema, recipientSchema, textSchema } from './content.ts';
import { type ErrorCode, isErrorCode } from './errors.ts';
import { messageSchema, sessionStateSchema } from './events.ts';
import { accountSchema, personSchema } from './person.ts';

/** The id that a sender may choose for a message, of the form that WhatsApp Web itself makes. */
export const stanzaIdSchema = z
  .string()
  .regex(/^3EB0[0-9A-F]{18}$/, 'must be 3EB0 and 18 hexadecimal digits');

/** The most stanza ids of other messages in one `retry`. */
export const MOST_TOLD_APART = 1_000;

/**
 * `POST /send`. Accepted by every version: `chatId` (a WhatsApp id, or a phone number) and `message`. Instead of
 * `message` there may be `content`, which is any kind of message.
 *
 * With a `stanza_id` the call may be repeated: while the first is under way the second gets the same outcome. `retry`
 * says that an earlier call of the same message may have got through: then the bridge first looks for it, by its id, and
 * where the page did not let ids be chosen, by its text in the chat; and sends only what is not there.
 */
export const sendBodySchema = z
  .strictObject({
    chatId: recipientSchema,
    message: textSchema.optional(),
    content: bridgeContentSchema.optional(),
    /** The id of the account that the message belongs to: from any other one, nothing is sent (`account_changed`). */
    account: z.string().min(1).max(128).optional(),
    /** Chosen by the caller and kept by it before it sends, so that an unknown outcome can be looked up. */
    stanza_id: stanzaIdSchema.optional(),
    retry: z
      .strictObject({
        /** Unix time in seconds of the first try: what is older is another message. */
        since: z.number().int(),
        /** Stanza ids of other messages of this chat with the same text. */
        known: z.array(z.string()).max(MOST_TOLD_APART),
        /** Do not send what is not there: `not_found` instead. */
        only_look: z.boolean().optional(),
      })
      .optional(),
  })
  .refine(({ message, content }) => (message === undefined) !== (content === undefined), {
    path: ['message'],
    message: 'must be there, or content instead',
  });
export type SendBody = z.infer<typeof sendBodySchema>;

export const sendAnswerSchema = z.object({
  success: z.literal(true),
  messageId: z.string(),
  /** WhatsApp's present address of the chat. */
  chatId: z.string(),
  /** Whose chat it is, in a chat with one person. */
  person: personSchema.optional(),
  /** 0: added, and no acknowledgement from WhatsApp's server within the wait; 1 and more: the server has it. */
  ack: z.number().int().min(0),
  /** Unix time in seconds, by WhatsApp. */
  timestamp: z.number().int(),
});
export type SendAnswer = z.infer<typeof sendAnswerSchema>;

/**
 * `POST /resolve`: who a number or a LID is. The page answers from what it knows where it can, and otherwise asks
 * WhatsApp's server. Throws `recipient_not_on_whatsapp`, `recipient_invalid` for what is no person, `account_changed`,
 * `whatsapp_not_ready`.
 */
export const resolveBodySchema = z.strictObject({
  chatId: recipientSchema,
  account: z.string().min(1).max(128).optional(),
  /** Ask the server, whatever the page knows. */
  fresh: z.boolean().optional(),
});
export type ResolveBody = z.infer<typeof resolveBodySchema>;

export const resolveAnswerSchema = z.object({
  success: z.literal(true),
  /** WhatsApp's present address of the chat with this person. */
  chatId: z.string(),
  person: personSchema,
  /** Whether WhatsApp's server was asked, or the page knew. */
  isAsked: z.boolean(),
});
export type ResolveAnswer = z.infer<typeof resolveAnswerSchema>;

/** `GET /health`, the one route that needs no secret. */
export const bridgeHealthSchema = z.object({
  status: z.literal('ok'),
  port: z.number().int(),
  whatsapp_ready: z.boolean(),
  state: sessionStateSchema,
  since: z.iso.datetime(),
  reason: z.string().optional(),
  /** The reason without paths and addresses, for strangers. A bridge of an earlier release does not tell it. */
  public_reason: z.string().optional(),
  session: z.string(),
  /** What the newest test of the page has shown. */
  compat: compatSummarySchema.optional(),
});
export type BridgeHealth = z.infer<typeof bridgeHealthSchema>;

/** `GET /status`, and the answer of `POST /connect`, `/disconnect` and `/logout`. */
export const bridgeStatusSchema = z.object({
  session: z.string(),
  state: sessionStateSchema,
  since: z.iso.datetime(),
  reason: z.string().optional(),
  whatsapp_ready: z.boolean(),
  /** The account that is linked. */
  me: accountSchema.optional(),
  pairing_code: z.string().optional(),
  browser_pid: z.number().int().optional(),
  /** How often a browser was started anew after a failure, since the process began. */
  restarts: z.number().int(),
  /** When the server of WhatsApp last acknowledged a message: the last proof that sending works. */
  last_ack_at: z.iso.datetime().optional(),
  /** Events that wait for the api. */
  events_waiting: z.number().int(),
  /** What the newest test of the page has shown. */
  compat: compatSummarySchema.optional(),
});
export type BridgeStatus = z.infer<typeof bridgeStatusSchema>;

/** `GET /qr`. */
export const qrAnswerSchema = z.object({
  qr: z.string(),
  generated_at: z.iso.datetime(),
  /** Seconds until WhatsApp replaces it, as far as is known. */
  expires_in: z.number().optional(),
});
export type QrAnswer = z.infer<typeof qrAnswerSchema>;

/** `POST /pairing-code`. */
export const pairingCodeBodySchema = z.strictObject({ phoneNumber: phoneDigitsSchema });
export const pairingCodeAnswerSchema = z.object({ code: z.string() });
export type PairingCodeAnswer = z.infer<typeof pairingCodeAnswerSchema>;

export const chatSchema = z.object({
  id: z.string(),
  name: z.string(),
  is_group: z.boolean(),
  unread_count: z.number().int(),
  /** Unix time in seconds of the last activity. */
  timestamp: z.number().int().optional(),
  archived: z.boolean(),
  /** Whose chat it is, in a chat with one person. */
  person: personSchema.optional(),
});
export type Chat = z.infer<typeof chatSchema>;

/** `GET /chats`, newest activity first. */
export const chatsAnswerSchema = z.object({ chats: z.array(chatSchema) });
export type ChatsAnswer = z.infer<typeof chatsAnswerSchema>;
/** `GET /chats/:id/messages`, oldest first. */
export const messagesAnswerSchema = z.object({ messages: z.array(messageSchema) });
export type MessagesAnswer = z.infer<typeof messagesAnswerSchema>;

/** The part of a problem document (`problem.ts`) that the api and the bridge read of each other. */
export const problemAnswerSchema = z.object({ code: z.custom<ErrorCode>(isErrorCode), detail: z.string() });

export const limitQuerySchema = z.strictObject({
  limit: z
    .string()
    .regex(/^[1-9]\d{0,2}$/, 'must be a whole number from 1 to 999')
    .transform(Number)
    .default(50),
});
