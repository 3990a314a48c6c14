import { z } from 'zod';
import { type Account, lidSchema, personOf } from '../../../contract/person.ts';
import { widSchema } from '../ids.ts';

/** For source text that runs in the page: the number and the LID of the account that is linked, as far as the page knows. */
export const READ_ME = `(() => {
  const read = (name) => {
    try {
      const wid = window.require('WAWebUserPrefsMeUser')[name]();
      return wid ? String(wid._serialized ?? wid) : undefined;
    } catch {
      return undefined;
    }
  };
  return { number: read('getMaybeMePnUser'), lid: read('getMaybeMeLidUser') };
})()`;

/** What `READ_ME` gives; what does not parse is left out. */
export const meSchema = z.object({
  number: z
    .string()
    .regex(/^\d{1,20}@c\.us$/)
    .optional()
    .catch(undefined),
  lid: lidSchema.optional().catch(undefined),
});
export type Me = z.infer<typeof meSchema>;

/**
 * The account of the page, by what the library knows (`Client.info`, since the page has synced) and what the page said at
 * the last look. Its id is the number, or the LID of an account whose number is not known. Undefined before the sync.
 */
export function accountOf(info: unknown, me: Me | undefined): Account | undefined {
  const known = infoSchema.safeParse(info).data;
  if (known === undefined) return undefined;
  const { wid, pushname: name, platform } = known;
  const isLid = personOf(wid)?.lid !== undefined;
  const lid = me?.lid ?? (isLid ? wid : undefined);
  const number = isLid ? me?.number : wid;
  return {
    id: number ?? wid,
    ...(lid === undefined ? {} : { lid }),
    ...(name ? { name } : {}),
    ...(platform ? { platform } : {}),
  };
}

/** Whether an id, by number or by LID, is of this account. */
export function isAccount(account: Account, ownId: string): boolean {
  return ownId === account.id || ownId === account.lid;
}

const infoSchema = z.object({
  wid: widSchema.pipe(z.string().min(1)),
  pushname: z.string().optional().catch(undefined),
  platform: z.string().optional().catch(undefined),
});
