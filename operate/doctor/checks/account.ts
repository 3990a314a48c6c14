import { z } from 'zod';
import { accountSchema } from '../../../services/contract/person.ts';
import { jsonOf } from '../ask.ts';
import { type Check, type Finding, found, good } from '../check.ts';

const viewSchema = z.object({
  state: z.enum(['unlinked', 'same', 'changed']),
  owner: accountSchema.optional(),
  linked: accountSchema.optional(),
  waiting: z.object({
    owner: z.number(),
    linked: z.number().default(0),
    others: z.number().default(0),
  }),
});
export type AccountView = z.infer<typeof viewSchema>;

/** Which account is linked, and whether the messages that wait belong to it. */
export const account: Check = {
  id: 'whatsapp-account',
  title: 'WhatsApp account',
  group: 'WhatsApp',
  where: 'both',
  finds: 'state `account_changed`: another phone has scanned the code, and nothing goes out',
  run: async ({ ask }) => {
    const view = viewSchema.safeParse(jsonOf(await ask('/api/whatsapp/account')));
    return view.success ? judgeAccount(view.data) : []; // "WhatsApp session" and "Outbox" say why not.
  },
};

export function judgeAccount({ state, owner, linked, waiting }: AccountView): Finding[] {
  if (owner === undefined || linked === undefined) return [];
  if (state === 'changed')
    return [
      found(
        'error',
        [
          `${linked.id} is linked, and the session belongs to ${owner.id}`,
          `messages that wait: ${waiting.owner} for the one before, ${waiting.linked} for the one that is linked`,
        ],
        'another phone has scanned the code: nothing goes out, so that no message goes out from the wrong number',
        'link the first phone again, or run: gatehouse account adopt, which sends what waits from the account that is linked now, or gatehouse account cancel, which cancels what the one before has not sent',
      ),
    ];
  if (waiting.others === 0) return good('the account to which the session belongs is linked');
  return [
    found(
      'note',
      `messages of an account that was linked in between: ${waiting.others}`,
      'they were accepted while that account was linked, and go out from no other one',
      'link that account again, or cancel them: GET /api/whatsapp/messages?status=queued lists them, DELETE /api/whatsapp/messages/{id} cancels one',
    ),
  ];
}
