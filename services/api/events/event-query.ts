import { z } from 'zod';
import { EVENT_TYPES } from '../../contract/events.ts';

/** What `?types=` takes: names separated by commas. Undefined when that is all there are. */
const types = z.string().transform((text, context) => {
  const names = new Set(text.split(','));
  const unknown = [...names].filter((name) => !EVENT_TYPES.some((type) => type === name));
  if (unknown.length > 0)
    context.addIssue({
      code: 'custom',
      message: `${unknown.map((name) => JSON.stringify(name)).join(', ')} is none of ${EVENT_TYPES.join(', ')}`,
    });
  const wanted = EVENT_TYPES.filter((type) => names.has(type));
  return wanted.length === EVENT_TYPES.length ? undefined : wanted;
});

const seq = z
  .string()
  .regex(/^(0|[1-9]\d{0,15})$/, 'must be the seq of an event')
  .transform(Number);

/** What a stream is asked for, as server-sent events or over a WebSocket. */
export const followQuerySchema = z.strictObject({
  after: seq.optional(),
  types: types.optional(),
  session: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'must be the name of a session')
    .optional(),
});

/** `Last-Event-ID`, as a browser sends it when it comes back. */
export const lastEventIdSchema = z.object({ 'last-event-id': seq });

/** What a page is asked for. `wait`: seconds until an empty one is answered. */
export const pageQuerySchema = followQuerySchema.extend({
  after: seq.default(0),
  limit: z
    .string()
    .regex(/^([1-9]\d{0,2}|1000)$/, 'must be a whole number from 1 to 1000')
    .transform(Number)
    .default(100),
  wait: z
    .string()
    .regex(/^([0-9]|[1-5]\d|60)$/, 'must be a whole number of seconds from 0 to 60')
    .transform(Number)
    .default(0),
});
export type PageQuery = z.infer<typeof pageQuerySchema>;
