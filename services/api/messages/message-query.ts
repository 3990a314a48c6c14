import { z } from 'zod';
import { chatIdSchema } from '../../contract/chat-id.ts';
import { MESSAGE_STATUSES } from '../../contract/message-states.ts';

const KINDS = ['text', 'media', 'location', 'contact', 'reaction', 'edit', 'delete'] as const;

/** `?after=`: what an earlier page gave as `next`, whatever is in it. */
const cursor = z.string().transform((text, context) => {
  const seq = Buffer.from(text, 'base64url').toString('latin1');
  if (/^(0|[1-9]\d{0,15})$/.test(seq)) return Number(seq);
  context.addIssue({ code: 'custom', message: 'must be the "next" of an earlier page' });
  return z.NEVER;
});

export function toCursor(seq: number): string {
  return Buffer.from(String(seq), 'latin1').toString('base64url');
}

/** What `GET /api/whatsapp/messages` takes. */
export const messageQuerySchema = z.strictObject({
  chat_id: chatIdSchema.optional(),
  status: z.enum(MESSAGE_STATUSES).optional(),
  kind: z.enum(KINDS).optional(),
  limit: z
    .string()
    .regex(/^[1-9]\d{0,2}$/, 'must be a whole number from 1 to 999')
    .transform(Number)
    .default(50),
  after: cursor.optional(),
  order: z.enum(['desc', 'asc']).default('desc'),
});
export type MessageQuery = z.infer<typeof messageQuerySchema>;
