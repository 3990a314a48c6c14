import { Router } from 'express';
import { z } from 'zod';
import { chatIdSchema } from '../../../contract/chat-id.ts';
import { parseBy } from '../../../runtime/http/request-validation.ts';
import type { Store } from '../../store/store.ts';
import { whyChanged } from '../account-texts.ts';
import { readAccounts } from '../linked-account.ts';
import type { AccountDecider } from './account-decider.ts';
import { countWaiting } from './count-waiting.ts';

export interface AccountRouteParts {
  readonly session: string;
  readonly store: Store;
  readonly decider: Pick<AccountDecider, 'decide'>;
}

const decisionSchema = z.strictObject({
  /** The account that must be linked: a decision is about what its operator has seen. */
  linked: chatIdSchema.optional(),
});

/** `/api/whatsapp/account`: whose session this is, which account is linked, and what becomes of messages where they differ. */
export function accountRoutes({ session, store, decider }: AccountRouteParts): Router {
  const router = Router({ caseSensitive: true });

  router.get('/', async (_request, response) => {
    const { accounts, waiting } = await store.read(async (db) => {
      const found = await readAccounts(db, session);
      return { accounts: found, waiting: await countWaiting(db, session, found) };
    });
    const { owner, linked, deciding } = accounts;
    const reason = whyChanged(accounts);
    response.json({
      state: linked === undefined ? 'unlinked' : reason === undefined ? 'same' : 'changed',
      ...(owner === undefined ? {} : { owner }),
      ...(linked === undefined ? {} : { linked }),
      ...(reason === undefined ? {} : { reason }),
      ...(deciding === undefined ? {} : { deciding: deciding.decision }),
      waiting,
    });
  });

  for (const decision of ['adopt', 'cancel'] as const) {
    router.post(`/${decision}`, async (request, response) => {
      const { linked: expected } = parseBy(decisionSchema, request.body ?? {}, 'body_invalid');
      const { previous, linked, settled, failed, ended_unknown } = await decider.decide(decision, expected);
      response.json({
        success: true,
        decision,
        owner: linked,
        linked,
        previous,
        ...(decision === 'adopt' ? { adopted: settled, failed } : { canceled: settled }),
        ended_unknown,
      });
    });
  }
  return router;
}
