import { Router } from 'express';
import { z } from 'zod';
import { chatIdSchema, toChatId } from '../../contract/chat-id.ts';
import { KitError } from '../../contract/errors.ts';
import { idsOf, isPersonId } from '../../contract/person.ts';
import { clientOf } from '../../runtime/http/client-of.ts';
import { fieldsError, parseBy } from '../../runtime/http/request-validation.ts';
import { readScope } from '../account/scope.ts';
import type { BridgeClient } from '../bridge-client.ts';
import type { Database, Store } from '../store/store.ts';
import { askWhatsApp } from './ask-whatsapp.ts';
import { addressOf, findPerson, type PersonRow, toPerson } from './known-people.ts';
import { noteAddress } from './learn-people.ts';
import { absenceText, resolvePath } from './recipients.ts';

export interface PeopleParts {
  readonly store: Store;
  readonly bridge: Pick<BridgeClient, 'resolve'>;
  readonly session: string;
  readonly dispatcher: { wake(): void };
}

const nothing = z.strictObject({});
const listSchema = z.strictObject({
  /** Of another account than the one that is linked. */
  account: chatIdSchema.optional(),
  limit: z
    .string()
    .regex(/^[1-9]\d{0,2}$/, 'must be a whole number from 1 to 999')
    .transform(Number)
    .default(50),
  after: z
    .string()
    .regex(/^\d{1,15}$/, 'must be the "next" of an earlier page')
    .transform(Number)
    .default(0),
});

/**
 * The people of an account, below `/api/whatsapp/people`: who is behind a number, an alias of one, or a LID. Throws KitError
 * `not_found`, `recipient_invalid` for what is no person, and what the bridge throws.
 */
export function peopleRoutes({ store, bridge, session, dispatcher }: PeopleParts): Router {
  const router = Router({ caseSensitive: true });

  router.get('/', async (request, response) => {
    const { account, limit, after } = parseBy(listSchema, request.query, 'query_invalid');
    const rows = await store.readInTurn(clientOf(request.headers), async (db) =>
      db
        .selectFrom('people')
        .selectAll()
        .where('session', '=', session)
        .where('account', '=', account ?? (await readScope(db, session)).account)
        .where('id', '>', after)
        .orderBy('id')
        .limit(limit + 1)
        .execute(),
    );
    const people = rows.slice(0, limit);
    const next = rows.length > limit ? people.at(-1)?.id : undefined;
    response.json({ people: people.map(viewPerson), ...(next === undefined ? {} : { next: String(next) }) });
  });

  router.get('/:id', async (request, response) => {
    const id = readId(request.params.id);
    const view = await store.read(async (db) => {
      const known = await findPerson(db, await readScope(db, session), id);
      return known?.person === undefined ? known?.absentSince : viewWhole(db, known.person);
    });
    if (typeof view === 'number') throw new KitError('not_found', absenceText(id, view));
    if (view === undefined)
      throw new KitError(
        'not_found',
        `nobody is known as ${JSON.stringify(request.params.id.slice(0, 80))}; POST ${resolvePath(id)} asks WhatsApp`,
      );
    response.json(view);
  });

  router.post('/:id/resolve', async (request, response) => {
    parseBy(nothing, request.body, 'body_invalid');
    const id = readId(request.params.id);
    const scope = await store.read((db) => readScope(db, session));
    const take = await askWhatsApp(bridge, scope, id, true).catch(async (error: unknown) => {
      if (!(error instanceof KitError) || error.code !== 'recipient_not_on_whatsapp') throw error;
      const now = Date.now();
      await store.write((db) => noteAddress(db, scope, id, null, now));
      throw new KitError(error.code, absenceText(id, now));
    });
    const view = await store.write(async (db, dialect) => viewWhole(db, await take(db, dialect)));
    dispatcher.wake();
    response.json({ success: true, ...view });
  });
  return router;
}

function readId(text: string): string {
  const id = toChatId(text);
  if (isPersonId(id)) return id;
  throw fieldsError('recipient_invalid', [
    { field: 'id', message: 'must be of a person: a number or a LID' },
  ]);
}

function viewPerson(row: PersonRow): object {
  const { account, first_sent_at, first_received_at } = row;
  return {
    person: toPerson(row),
    chat_id: addressOf(row),
    ...(account === '' ? {} : { account }),
    first_sent_at: toIso(first_sent_at),
    first_received_at: toIso(first_received_at),
  };
}

/** With what WhatsApp has said of each form of the number that was asked for. */
async function viewWhole(db: Database, row: PersonRow): Promise<object> {
  const asked = await db
    .selectFrom('addresses')
    .select(['address', 'learned_at'])
    .where('person_id', '=', row.id)
    .orderBy('address')
    .execute();
  return {
    ...viewPerson(row),
    known_as: [...new Set([...idsOf(toPerson(row)), ...asked.map(({ address }) => address)])],
    resolved: asked.map(({ address, learned_at }) => ({ address, at: toIso(learned_at) })),
  };
}

function toIso(time: number | null): string | undefined {
  return time === null ? undefined : new Date(time).toISOString();
}
