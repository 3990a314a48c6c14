import { randomUUID } from 'node:crypto';
import { noteLinks } from '../../../../services/api/account/link/note-link.ts';
import { type Accounts, readAccounts } from '../../../../services/api/account/linked-account.ts';
import { appendEvents } from '../../../../services/api/events/log-writer.ts';
import type { Store } from '../../../../services/api/store/store.ts';
import type { BridgeEvent } from '../../../../services/contract/events.ts';
import type { Account } from '../../../../services/contract/person.ts';

export const A: Account = { id: '15551110000@c.us', name: 'Shop' };
export const B: Account = { id: '15557770000@c.us', name: 'B' };

/** A moment of the bridge's clock, by its number. */
export const moment = (number: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, number)).toISOString();

/** The bridge says that the session is ready, linked to an account. */
export function linked(me: Account, at = 0): BridgeEvent {
  return stateOf('ready', at, { me });
}

/** The bridge shows a code: no account is linked. */
export function unlinked(at = 0): BridgeEvent {
  return stateOf('qr', at);
}

export function stateOf(
  state: 'ready' | 'qr' | 'disconnected',
  at: number,
  more: { me?: Account } = {},
): BridgeEvent {
  const since = moment(at);
  const data = { state, since, ...more };
  return { session: 'default', key: randomUUID(), at: since, kind: 'state', data };
}

/** As the intake does. */
export async function take(store: Store, ...events: readonly BridgeEvent[]): Promise<void> {
  await store.write(async (db, dialect) => {
    const fresh = await appendEvents(db, dialect, events, Date.now());
    await noteLinks(db, dialect, fresh, Date.now());
  });
}

export function accountsOf(store: Store): Promise<Accounts> {
  return store.read((db) => readAccounts(db, 'default'));
}

/** What the log says of changes of the account: the linked one, and the decision. */
export async function newsOf(store: Store): Promise<(readonly [linked: string, decision?: string])[]> {
  const rows = await store.read((db) =>
    db.selectFrom('events').select('data').where('type', '=', 'account_changed').orderBy('seq').execute(),
  );
  return rows.map(({ data }) => {
    const { linked: account, decision } = JSON.parse(data);
    return decision === undefined ? [account.id] : [account.id, decision];
  });
}
