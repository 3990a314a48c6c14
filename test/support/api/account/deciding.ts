import { AccountDecider } from '../../../../services/api/account/decision/account-decider.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import type { OutboxWorld } from '../outbox/outbox-world.ts';

/** What decides in one api of this database. */
export function deciderOf({ store, events, changes, dispatcher }: OutboxWorld): AccountDecider {
  const log = createLog('api', 'silent');
  return new AccountDecider({ session: 'default', store, events, changes, dispatcher, log });
}
