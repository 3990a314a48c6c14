import { z } from 'zod';
import { call, fieldOf } from './call.ts';

const eventSchema = z.object({
  seq: z.number().int(),
  type: z.string(),
  whatsapp_id: z.string().optional(),
  data: z.record(z.string(), z.unknown()),
});
export type ChaosEvent = z.infer<typeof eventSchema>;
const pageSchema = z.object({ events: z.array(eventSchema) });

const PAGE = 500;

/** The event log behind a number, page by page, as any client reads it. */
export async function readLog(origin: string, after = 0): Promise<ChaosEvent[]> {
  const events: ChaosEvent[] = [];
  for (let last = after; ; ) {
    const { status, json } = await call(`${origin}/api/events?after=${last}&limit=${PAGE}`);
    if (status !== 200) throw new Error(`GET /api/events answered ${status}: ${JSON.stringify(json)}`);
    const page = pageSchema.parse(json).events;
    const newest = page.at(-1);
    if (newest === undefined) return events;
    events.push(...page);
    last = newest.seq;
  }
}

/** The number of an event in what a webhook was posted. */
export function findSeq(payload: unknown): number {
  const seq = fieldOf(payload, 'seq') ?? fieldOf(fieldOf(payload, 'data'), 'seq');
  return typeof seq === 'number' ? seq : Number.NaN;
}
