import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { KitError } from '../../contract/errors.ts';
import { fieldsError } from '../../runtime/http/request-validation.ts';
import type { Database } from '../store/store.ts';

/** A request that may be repeated: its key, and what it asked for. */
export interface KeyedRequest {
  readonly key: string;
  readonly fingerprint: string;
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
  { key, fingerprint }: KeyedRequest,
  messageId: string,
  now: number,
): Promise<string | undefined> {
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
  return findKey(db, { key, fingerprint }, now);
}

/** The message for which the key was taken in the last 24 hours. Throws KitError `key_reused`. */
export async function findKey(
  db: Database,
  { key, fingerprint }: KeyedRequest,
  now: number,
): Promise<string | undefined> {
  const known = await db
    .selectFrom('idempotency')
    .select(['fingerprint', 'message_id'])
    .where('key', '=', key)
    .where('created_at', '>', now - LIVES_MS)
    .executeTakeFirst();
  if (known === undefined || known.fingerprint === fingerprint) return known?.message_id;
  throw new KitError('key_reused', 'this Idempotency-Key came with another request in the last 24 hours', {
    messageId: known.message_id,
  });
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([left], [right]) => (left < right ? -1 : 1)))
      : inner,
  );
}
