import { z } from 'zod';
import type { Device, WireMessage } from '../web/wire.ts';

/** A message as the page tells it. */
export const wireMessage = z.object({
  id: z.string().min(1).max(512),
  key: z.string().min(1).max(256),
  from_me: z.boolean(),
  chat_id: z.string().min(1).max(256),
  author: z.string().max(256).optional(),
  name: z.string().max(256).optional(),
  type: z.string().max(64),
  body: z.string().optional(),
  t: z.number(),
  ack: z.number(),
  add: z.string().max(64).optional(),
  details: z.record(z.string(), z.unknown()),
}) satisfies z.ZodType<WireMessage>;

/**
 * A message as the phone keeps it. `origin`: who wrote it; `delivered`: whether the page has shown it; `adds`: the calls of
 * the page's send that made it, of which there is one unless the kit sent twice under the same id; `deliveries`: how often
 * the recipient got it, once when left out; `revoke_key`: the key of the stanza that deleted it for everyone.
 */
const phoneMessage = wireMessage.extend({
  origin: z.enum(['kit', 'contact', 'phone', 'device']),
  received_at: z.string(),
  delivered: z.boolean(),
  adds: z.array(z.string()).optional(),
  deliveries: z.number().optional(),
  revoke_key: z.string().optional(),
  edited: z.boolean().optional(),
  reactions: z.record(z.string(), z.string()).optional(),
});
export type PhoneMessage = z.infer<typeof phoneMessage>;

const device = z.object({
  id: z.string(),
  pn: z.string(),
  lid: z.string(),
  pushname: z.string(),
}) satisfies z.ZodType<Device>;

const passkey = z.object({
  credential_id: z.string(),
  user_handle: z.string(),
  /** SPKI, base64. */
  public_key: z.string(),
});
export type PasskeyRecord = z.infer<typeof passkey>;

/** What can happen to the phone of an account: one line of the journal each. */
export const phoneRecord = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('linked'), device, at: z.string() }),
  z.object({
    kind: z.literal('unlinked'),
    by: z.enum(['phone', 'page', 'server']),
    device_id: z.string().optional(),
    at: z.string(),
  }),
  z.object({ kind: z.literal('passkey'), passkey }),
  z.object({ kind: z.literal('message'), message: phoneMessage }),
  /** The server has refused it for good. */
  z.object({ kind: z.literal('refused'), id: z.string() }),
  z.object({ kind: z.literal('added'), id: z.string(), add: z.string() }),
  z.object({ kind: z.literal('redelivered'), id: z.string() }),
  z.object({ kind: z.literal('delivered'), ids: z.array(z.string()) }),
  z.object({ kind: z.literal('ack'), id: z.string(), ack: z.number() }),
  z.object({ kind: z.literal('edited'), id: z.string(), body: z.string() }),
  z.object({ kind: z.literal('revoked'), id: z.string(), key: z.string().optional() }),
  z.object({ kind: z.literal('decrypted'), id: z.string(), body: z.string() }),
  z.object({ kind: z.literal('reaction'), id: z.string(), from: z.string(), text: z.string() }),
  z.object({ kind: z.literal('seen'), chat_id: z.string() }),
]);
export type PhoneRecord = z.infer<typeof phoneRecord>;

/**
 * A line of the journal. `account`: the number of the account, in digits. Earlier releases wrote none; they read a line that
 * has one, and take the messages of all accounts for those of one.
 */
export const journalRecord = z.object({ account: z.string().optional() }).and(phoneRecord);
export type JournalRecord = z.infer<typeof journalRecord>;
