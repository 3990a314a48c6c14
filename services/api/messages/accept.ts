import { CompiledQuery, type Insertable } from 'kysely';
import type { Config } from '#config';
import type { MessageContent } from '../../contract/content.ts';
import { KitError } from '../../contract/errors.ts';
import { fieldsError } from '../../runtime/http/request-validation.ts';
import { whyHeldBack } from '../account/account-texts.ts';
import { currentAccount, readAccounts } from '../account/linked-account.ts';
import { type Message, toMessage } from '../outbox/message.ts';
import { storeContent } from '../outbox/stored-content.ts';
import { recipientOf } from '../people/recipients.ts';
import type { StoreRoom } from '../store/retention/store-room.ts';
import type { Database, DialectName, Store } from '../store/store.ts';
import type { Tables } from '../store/tables.ts';
import { claimKey, type KeyedRequest } from './idempotency.ts';
import type { OutboxCapacity } from './outbox-capacity.ts';

/** A message as it is to go out. */
export interface Draft {
  readonly chatId: string;
  readonly content: MessageContent;
  readonly sendAt?: number | undefined;
  readonly expiresAt?: number | undefined;
}

/** Makes the draft, with what belongs to it in the store. Runs in the transaction, awaits nothing but its queries. */
export type Drafting = (db: Database, id: string, now: number) => Draft | Promise<Draft>;

/** What an answer says of a message. */
export type Receipt = Pick<
  Message,
  | 'id'
  | 'account'
  | 'chatId'
  | 'chatKey'
  | 'state'
  | 'reason'
  | 'errorCode'
  | 'acceptedAt'
  | 'sendAt'
  | 'whatsappId'
>;

export interface Accepted {
  readonly receipt: Receipt;
  /** False: the key was taken, and this is the message of that time. */
  readonly isNew: boolean;
  /** Why it cannot go out, where the account that is linked holds it back. */
  readonly heldBack: string | undefined;
}

export interface AcceptParts {
  readonly store: Store;
  /** The WhatsApp login that sends the messages. */
  readonly session: string;
  readonly outbox: Pick<Config['outbox'], 'ttlHours'>;
  readonly capacity: OutboxCapacity;
  readonly room: Pick<StoreRoom, 'demand'>;
}

const HOUR_MS = 3_600_000;
const YEAR_MS = 366 * 24 * HOUR_MS;

/**
 * Takes a message in: one transaction, which is on disk when the promise resolves. Throws KitError `key_reused`,
 * `outbox_full`, `store_full`, those of the store and those of the draft; then nothing was stored.
 */
export function accept(
  { store, session, outbox, capacity, room }: AcceptParts,
  id: string,
  draft: Drafting,
  keyed: KeyedRequest | undefined,
): Promise<Accepted> {
  return store.write(async (db, dialect) => {
    const now = Date.now();
    const accounts = await readAccounts(db, session);
    const scope = { session, account: currentAccount(accounts) };
    if (keyed !== undefined) {
      const earlier = await claimKey(db, scope, keyed, id, now);
      if (earlier !== undefined) {
        const receipt = await receiptOf(db, earlier);
        return { receipt, isNew: false, heldBack: whyHeldBack(accounts, receipt.account) };
      }
    }
    await room.demand(db, dialect);
    await capacity.take(db);
    const { chatId, content, sendAt, expiresAt } = await draft(db, id, now);
    const startAt = Math.max(sendAt ?? now, now);
    demandGoodTimes(sendAt, expiresAt, now);
    const state = startAt > now ? 'scheduled' : 'queued';
    const account = accounts.linked?.id;
    const recipient = await recipientOf(db, dialect, scope, chatId, now);
    const chatKey = recipient.kind === 'known' ? recipient.key : undefined;
    await insertMessage(db, dialect, {
      id,
      session,
      account: account ?? null,
      chat_id: chatId,
      chat_key: chatKey ?? null,
      kind: content.kind,
      ...storeContent(content),
      state,
      accepted_at: now,
      send_at: sendAt ?? null,
      expires_at: expiresAt ?? startAt + outbox.ttlHours * HOUR_MS,
      next_try_at: startAt,
    });
    const receipt = {
      id,
      account,
      chatId,
      chatKey,
      state,
      reason: undefined,
      errorCode: undefined,
      acceptedAt: now,
      sendAt,
      whatsappId: undefined,
    } as const;
    return { receipt, isNew: true, heldBack: whyHeldBack(accounts, account) };
  });
}

/** By the clock of the transaction, behind the key: a request that is repeated later may not fail for being late. */
function demandGoodTimes(sendAt: number | undefined, expiresAt: number | undefined, now: number): void {
  const fields = [];
  if (sendAt !== undefined && sendAt > now + YEAR_MS)
    fields.push({ field: 'send_at', message: 'must be within a year' });
  if (expiresAt !== undefined && expiresAt <= now)
    fields.push({ field: 'expires_at', message: 'must be in the future' });
  else if (expiresAt !== undefined && sendAt !== undefined && expiresAt <= sendAt)
    fields.push({ field: 'expires_at', message: 'must be after send_at' });
  if (fields.length > 0) throw fieldsError('body_invalid', fields);
}

async function receiptOf(db: Database, id: string): Promise<Receipt> {
  const row = await db.selectFrom('messages').selectAll().where('id', '=', id).executeTakeFirst();
  if (row !== undefined) return toMessage(row);
  throw new KitError('not_found', 'the message of this Idempotency-Key ended, and was removed to make room', {
    messageId: id,
  });
}

/** A new row, with a value for each of its fields. */
type NewRow = Pick<
  Insertable<Tables['messages']>,
  'id' | 'session' | 'chat_id' | 'kind' | 'content' | 'state' | 'accepted_at' | 'expires_at' | 'next_try_at'
> & {
  readonly account: string | null;
  readonly chat_key: string | null;
  readonly send_at: number | null;
  readonly later_fields: string | null;
};

const statements = new Map<string, string>();

/** Inserts a message by a statement that is written once: to build it each time costs as much as to run it. */
async function insertMessage(db: Database, dialect: DialectName, row: NewRow): Promise<void> {
  const name = `${dialect} ${Object.keys(row).join()}`;
  const text = statements.get(name) ?? db.insertInto('messages').values(row).compile().sql;
  statements.set(name, text);
  await db.executeQuery(CompiledQuery.raw(text, Object.values(row)));
}
