import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { EXPIRED, endCanceled, endUnknown, giveUp } from '../../../../services/api/outbox/endings.ts';
import { expireOverdue } from '../../../../services/api/outbox/expiry.ts';
import { type Message, toMessage } from '../../../../services/api/outbox/message.ts';
import { readHeads } from '../../../../services/api/outbox/next-per-chat.ts';
import { stateIs } from '../../../../services/api/outbox/state-sql.ts';
import * as transitions from '../../../../services/api/outbox/transitions.ts';
import { MESSAGE_STATES, STATE_NAMES } from '../../../../services/contract/message-states.ts';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { SendWorld } from '../../../support/api/outbox/send-world.ts';
import { fromGate } from '../../../support/api/world.ts';

const INDEXES = {
  open: 'messages_open_by_key',
  scheduled: 'messages_scheduled',
  unsent: 'messages_expiring',
  inDoubt: 'messages_sending',
} as const;
/** A query of the kind that each partial index is for. */
const QUERIES = {
  open: sql`select min(seq) from messages where session = 's'
    and coalesce(chat_key, chat_id) = 'c' and ${stateIs.open}`,
  scheduled: sql`select min(send_at) from messages where ${stateIs.scheduled}`,
  unsent: sql`select min(expires_at) from messages where ${stateIs.unsent}`,
  inDoubt: sql`select seq from messages where ${stateIs.inDoubt} and expires_at <= 5 order by expires_at`,
} as const;
const CONDITIONS = ['open', 'scheduled', 'unsent', 'inDoubt'] as const;

/** Everything that changes the state of a message that is there, each by its own code. */
const CHANGES: readonly ((world: SendWorld, message: Message) => Promise<unknown>)[] = [
  ({ store }) => store.write((db) => transitions.releaseScheduled(db, 10)),
  ({ store }) =>
    store.write(async (db, dialect) => {
      for (const head of await readHeads(db, dialect, {
        scope: { session: 'default', account: '' },
        now: 10,
        limit: 10,
        fullLanes: [],
        isHeld: false,
      }))
        await transitions.beginAttempt(db, head, 10);
    }),
  ({ store }, { id }) => store.write((db) => transitions.park(db, id, 'why', 10)),
  ({ store }, { id }) => store.write((db) => transitions.postpone(db, id, 'why', 10)),
  ({ store }, { id }) => store.write((db) => transitions.requeue(db, { id, attempts: -1 }, 'why', 10)),
  ...[1, 2, 3, 4].map(
    (ack) =>
      ({ store }: SendWorld, { id }: Message) =>
        store.write((db) => transitions.acknowledge(db, { id, whatsappId: undefined, ack }, 10)),
  ),
  ({ store }, message) =>
    store.write((db, dialect) =>
      giveUp(db, dialect, message, { state: 'failed', code: 'send_refused', reason: 'why' }, 10),
    ),
  ({ store }, message) => store.write((db, dialect) => giveUp(db, dialect, message, EXPIRED, 10)),
  ({ store }, message) => store.write((db, dialect) => endUnknown(db, dialect, message, undefined, 10)),
  ({ store }, message) => store.write((db, dialect) => endCanceled(db, dialect, message, 10)),
  ({ store }) => expireOverdue(store, 10),
  ({ origin }, { id }) =>
    fetch(`${origin}/api/whatsapp/messages/${id}`, {
      method: 'DELETE',
      headers: { ...fromGate, prefer: 'respond-async' },
    }),
];

/** One message in each state, in a chat of its own: due and overdue at 10, after one attempt. */
async function oneInEach(world: SendWorld): Promise<Message[]> {
  const rows = STATE_NAMES.map((state) => ({
    id: `was-${state}`,
    session: 'default',
    chat_id: state,
    kind: 'text',
    content: JSON.stringify({ kind: 'text', text: 'x' }),
    state,
    accepted_at: 1,
    send_at: 5,
    expires_at: 5,
    next_try_at: 5,
    dispatched_at: 5,
  }));
  await world.store.write(async (db) => {
    await db.deleteFrom('events').execute(); // An event whose key the log has is not appended again.
    await db.deleteFrom('messages').execute();
    await db.insertInto('messages').values(rows).execute();
  });
  return (await world.rows()).map(toMessage);
}

forEachDatabase((database) => {
  describe(`message states on ${database.name}`, () => {
    it('change exactly as the table permits', async () => {
      await using world = await SendWorld.start(await database.fresh());
      const seen = new Set<string>();
      for (const change of CHANGES) {
        for (const message of await oneInEach(world)) await change(world, message);
        for (const { id, state } of (await world.rows()).map(toMessage))
          if (id !== `was-${state}`) seen.add(`${id} becomes ${state}`);
      }
      const permitted = STATE_NAMES.flatMap((state) =>
        MESSAGE_STATES[state].next.map((after) => `was-${state} becomes ${after}`),
      );
      assert.deepEqual([...seen].toSorted(), permitted.toSorted());
    });

    it('are found by conditions with the text of the partial indexes, which the queries use', async () => {
      await using world = await SendWorld.start(await database.fresh());
      for (const condition of CONDITIONS) {
        const index = INDEXES[condition];
        const plan = await world.store.write(async (db, dialect) => {
          if (dialect === 'postgres') await sql`set local enable_seqscan = off`.execute(db);
          const explain = dialect === 'postgres' ? sql`explain` : sql`explain query plan`;
          return JSON.stringify((await sql`${explain} ${QUERIES[condition]}`.execute(db)).rows);
        });
        assert.match(plan, new RegExp(`\\b${index}\\b`), plan);
        if (database.name === 'postgres') continue; // It stores a parsed condition, not the text.
        const [text, stored] = await world.store.read(async (db) => {
          const query = db.selectFrom('messages').select('seq').where(stateIs[condition]).compile().sql;
          const { rows } = await sql<{
            sql: string;
          }>`select sql from sqlite_master where name = ${index}`.execute(db);
          return [query.split(' where ')[1], rows[0]?.sql.split(' where ')[1]];
        });
        assert.equal(text, stored);
      }
    });
  });
});
