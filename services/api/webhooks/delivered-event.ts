import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { LogEvent } from '../events/log-event.ts';

/** What is posted: its id, the same for every repetition, and the very bytes that are signed. */
export interface DeliveredEvent {
  readonly id: string;
  readonly body: string;
}

const eventSchema = z.object({
  seq: z.number(),
  type: z.string(),
  session: z.string(),
  account: z.string().optional(),
  whatsapp_id: z.string().optional(),
  at: z.string(),
  data: z.record(z.string(), z.unknown()),
});
const bodySchema = z.object({
  timestamp: z.string(),
  data: z.object({ seq: z.number(), session: z.string() }),
});

/** An event of the log as webhooks get it: `{type, timestamp, data: {seq, session, account?, whatsapp_id?, …}}`. */
export function toDelivered({ json }: LogEvent): DeliveredEvent {
  const { type, at, data, seq, session, account, whatsapp_id } = eventSchema.parse(JSON.parse(json));
  const about = {
    seq,
    session,
    ...(account === undefined ? {} : { account }),
    ...(whatsapp_id === undefined ? {} : { whatsapp_id }),
  };
  // Twice: the first place is where they are read, the second outdoes whatever the data may hold.
  const body = JSON.stringify({ type, timestamp: at, data: { ...about, ...data, ...about } });
  return { id: idOf(session, seq, at), body };
}

/** The same from the body, as a dead letter keeps it. */
export function fromBody(body: string): DeliveredEvent {
  const { timestamp, data } = bodySchema.parse(JSON.parse(body));
  return { id: idOf(data.session, data.seq, timestamp), body };
}

/** What a receiver is tried with. */
export function pingFor(webhookId: string, now: number): DeliveredEvent {
  return {
    id: `ping_${randomBytes(9).toString('hex')}`,
    body: JSON.stringify({
      type: 'ping',
      timestamp: new Date(now).toISOString(),
      data: { webhook_id: webhookId },
    }),
  };
}

/** With its moment: after the database was replaced, numbers begin anew, and receivers forget what they have seen late. */
function idOf(session: string, seq: number, at: string): string {
  return `evt_${session}_${seq}_${Date.parse(at).toString(36)}`;
}
