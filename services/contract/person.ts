import { z } from 'zod';
import { PHONE_DIGITS } from './chat-id.ts';

const LID = /^\d{1,20}@lid$/;

/** A LID: the id that WhatsApp gives a person instead of the number, such as `123456789012345@lid`. */
export const lidSchema = z.string().regex(LID, 'must be a LID such as 123456789012345@lid');

/** A person at WhatsApp, as far as is known. `phone_number` is digits with the country code; each field can be sent to. */
export const personSchema = z.object({
  phone_number: z.string().regex(PHONE_DIGITS).optional(),
  lid: lidSchema.optional(),
  name: z.string().optional(),
});
export type Person = z.infer<typeof personSchema>;

/** An account of WhatsApp: the number whose phone has linked this session. `id` is `15551234567@c.us`. */
export const accountSchema = z.object({
  id: z.string().min(1),
  lid: lidSchema.optional(),
  name: z.string().optional(),
  platform: z.string().optional(),
});
export type Account = z.infer<typeof accountSchema>;

/** Whether this is the id of a person, by number or by LID, and not of a group, a channel, or of nobody. */
export function isPersonId(id: string): boolean {
  return personOf(id) !== undefined;
}

/** What the id of a person says of the person; undefined for any other id. */
export function personOf(id: string): Person | undefined {
  if (LID.test(id)) return { lid: id };
  const number = id.endsWith('@c.us') ? id.slice(0, -'@c.us'.length) : '';
  return PHONE_DIGITS.test(number) ? { phone_number: number } : undefined;
}

/** The ids of a person: by number, by LID. */
export function idsOf({ phone_number, lid }: Person): string[] {
  return [
    ...(phone_number === undefined ? [] : [`${phone_number}@c.us`]),
    ...(lid === undefined ? [] : [lid]),
  ];
}
