import { z } from 'zod';
import { EVENT_TYPES } from '../../contract/events.ts';
import { faultOfUrl } from '../outbound/outbound-url.ts';
import { secretSchema } from './secrets.ts';

/** As the URL parser writes it. */
const url = z.string().transform((text, context) => {
  const fault = faultOfUrl(text);
  if (fault === undefined) return new URL(text);
  context.addIssue({ code: 'custom', message: fault });
  return z.NEVER;
});
/** Null, or all of them: what is added later is wanted too. */
const types = z
  .array(z.enum(EVENT_TYPES, `must be one of ${EVENT_TYPES.join(', ')}`))
  .min(1)
  .max(100)
  .transform((names) => EVENT_TYPES.filter((type) => names.includes(type)))
  .nullable();
const seq = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const creationSchema = z.strictObject({
  url,
  types: types.optional(),
  secret: secretSchema.optional(),
  /** Begins behind this event; at the end of the log when it is not given. */
  after: seq.optional(),
});
export type Creation = z.infer<typeof creationSchema>;

export const changeSchema = z.strictObject({
  url: url.optional(),
  types: types.optional(),
  status: z.enum(['active', 'paused'], 'must be active or paused').optional(),
});
export type Change = z.infer<typeof changeSchema>;

export const rotationSchema = z.strictObject({ secret: secretSchema.optional() });

/** Of the dead letters named, or of all. */
export const redriveSchema = z.union(
  [
    z.strictObject({ ids: z.array(seq).min(1).max(1_000) }),
    z.strictObject({ all: z.literal(true) }).transform(() => ({ ids: undefined })),
  ],
  'must be {"ids": [...]} or {"all": true}',
);

export const pageSchema = z.strictObject({
  after: z
    .string()
    .regex(/^(0|[1-9]\d{0,15})$/, 'must be the id of a dead letter')
    .transform(Number)
    .default(0),
  limit: z
    .string()
    .regex(/^([1-9]\d?|100)$/, 'must be a whole number from 1 to 100')
    .transform(Number)
    .default(20),
});
