import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { KitError } from '../../contract/errors.ts';
import { fieldsError } from '../../runtime/http/request-validation.ts';
import type { Scope } from '../account/scope.ts';
import { keyOfPerson } from '../people/chat-key.ts';
import { findPerson } from '../people/known-people.ts';
import type { Database } from '../store/store.ts';

/** A request that may be repeated: its key, and what it asked for. */
export interface KeyedRequest {
  readonly key: string;
  readonly fingerprint: string;
  /** The fingerprint that the request would have if it named its recipient like this; undefined without a recipient. */
  readonly fingerprintFor?: ((chatId: string) => string) | undefined;
  /** The recipient, as it was asked for. */
  readonly chatId?: string | undefined;
}

const HEADER = 'idempotency-key';
const KEY = /^[\x20-\x7e]{1,255}$/;
const LIVES_MS = 86_400_000;

/** The key of a request, if it has one. Throws KitError `header_invalid`. */
export function readKey(request: Request): string | undefined {
  const key = request.headers[HEADER];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && KEY.test(key) && request.headersDistinct[HEADER]?.length === 1) return key;
  const message = 'must be there once, of 1 to 255 printable ASCII characters';
  throw fieldsError('header_invalid', [{ field: HEADER, message }]);
}

/** What two requests have in common that mean the same: a hash of the route and the body, in whatever order its fields are. */
export function fingerprintOf(route: string, body: object): string {
  return createHash('sha256')
    .update(`${route}\n${canonical(body)}`)
    .digest('hex');
}

/**
 * Takes the key for a message, unless it was taken in the last 24 hours: then gives the message of that time. Requests
 * that come at once meet in the database. Throws KitError `key_reused` when it was taken for something else.
 */
export async function claimKey(
  db: Database,
  scope: Scope,
  keyed: KeyedRequest,
  messageId: string,
  now: number,
): Promise<string | undefined> {
  const { key, fingerprint } = keyed;
  const row = { fingerprint, message_id: messageId, created_at: now };
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('idempotency')
    .values({ key, ...row })
    .onConflict((conflict) =>
      conflict
        .column('key')
        .doUpdateSet(row)
        .where('idempotency.created_at', '<=', now - LIVES_MS),
    )
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows !== 0n) return undefined;
  return findKey(db, scope, keyed, now);
}

/**
 * The message for which the key was taken in the last 24 hours. The same request is the same, whichever number or LID of
 * the recipient it names. Throws KitError `key_reused`.
 */
export async function findKey(
  db: Database,
  scope: Scope,
  keyed: KeyedRequest,
  now: number,
): Promise<string | undefined> {
  const { key, fingerprint } = keyed;
  const known = await db
    .selectFrom('idempotency')
    .select(['fingerprint', 'message_id'])
    .where('key', '=', key)
    .where('created_at', '>', now - LIVES_MS)
    .executeTakeFirst();
  if (known === undefined || known.fingerprint === fingerprint) return known?.message_id;
  if (await isSame(db, scope, keyed, known)) return known.message_id;
  throw new KitError('key_reused', 'this Idempotency-Key came with another request in the last 24 hours', {
    messageId: known.message_id,
  });
}

/** Whether the request differs from the one of that time by nothing but another form of the same recipient. */
async function isSame(
  db: Database,
  scope: Scope,
  { chatId, fingerprintFor }: KeyedRequest,
  known: { readonly fingerprint: string; readonly message_id: string },
): Promise<boolean> {
  if (chatId === undefined || fingerprintFor === undefined) return false;
  const message = await db
    .selectFrom('messages')
    .select(['chat_id', 'chat_key'])
    .where('id', '=', known.message_id)
    .executeTakeFirst();
  if (message === undefined || fingerprintFor(message.chat_id) !== known.fingerprint) return false;
  const person = (await findPerson(db, scope, chatId))?.person;
  return person !== undefined && message.chat_key === keyOfPerson(person.id);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([left], [right]) => (left < right ? -1 : 1)))
      : inner,
  );
}
