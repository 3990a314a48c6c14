import assert from 'node:assert/strict';
import fc from 'fast-check';
import { sql } from 'kysely';
import { notePlaces } from '../../../../services/api/outbox/heads/ahead.ts';
import { findHeads, type HeadQuery, nextMoment } from '../../../../services/api/outbox/next-per-chat.ts';
import { Store } from '../../../../services/api/store/store.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { modelHeads } from '../../../support/api/outbox/heads-model.ts';

const SEED = Number(process.env.FC_SEED ?? Date.now() % 1_000_000);
const RUNS = Number(process.env.FC_RUNS ?? 8);
const NOW = 1_000;
const LATE = 9_000;
const CHATS = ['a@c.us', 'g@g.us'];
const KEYS = [null, 'person:1', 'g@g.us'];
const ACCOUNTS = [null, 'one', 'one', 'two'];
const MOMENTS = [0, 500, NOW, NOW + 1, 2_000];

const chat = fc.constantFrom(...CHATS);
const key = fc.constantFrom(...KEYS);
const account = fc.constantFrom(...ACCOUNTS);
const at = fc.constantFrom(...MOMENTS);
/** Of the messages there are, by position. */
const which = fc.nat({ max: 50 });
const accept = fc.record({
  do: fc.constant('accept' as const),
  chat,
  key,
  account,
  at,
  isMedia: fc.boolean(),
});
const open = fc.constantFrom('queued', 'sending');
const ended = fc.constantFrom('scheduled', 'sent', 'failed', 'canceled', 'expired', 'of a later release');

/**
 * One statement each, as any release may run it: none of them notes or takes back which message is behind which. So what
 * holds here holds for every place of the code that changes a message, and for a release that does not know of it.
 */
const step = fc.oneof(
  { weight: 6, arbitrary: accept },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('state' as const), which, state: open }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('state' as const), which, state: ended }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('try' as const), which, at }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('key' as const), which, key }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('merge' as const), from: key, to: key }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('account' as const), which, account }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fill in' as const), account }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('hold' as const), which, isHeld: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('hold all' as const), isHeld: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), which }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('note' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
const NOTE = { do: 'note' } as const;
const MANY = { minLength: 6, maxLength: 25, size: 'max' } as const;

/** Every way in which the heads are asked for. */
const QUERIES: readonly HeadQuery[] = ['', 'one', 'two'].flatMap((of) =>
  [false, true].flatMap((isHeld) =>
    [[], ['upload' as const]].flatMap((fullLanes) =>
      [of === '' ? 1 : 20].map((limit) => ({
        scope: { session: 'default', account: of },
        now: NOW,
        isHeld,
        fullLanes,
        limit,
      })),
    ),
  ),
);

async function take(store: Store, taken: Step, count: number): Promise<void> {
  const change = (set: ReturnType<typeof sql>, where: ReturnType<typeof sql>) =>
    store.write((db) => sql`update messages set ${set} where ${where}`.execute(db));
  const one = (position: number) =>
    sql`seq = (select seq from messages order by seq limit 1 offset ${count === 0 ? 0 : position % count})`;
  switch (taken.do) {
    case 'accept':
      return void (await store.write((db) =>
        db
          .insertInto('messages')
          .values({
            id: `${Math.random()}`,
            session: 'default',
            account: taken.account,
            chat_id: taken.chat,
            chat_key: taken.key,
            kind: taken.isMedia ? 'media' : 'text',
            content: '{"kind":"text","text":"x"}',
            state: 'queued',
            accepted_at: 1,
            expires_at: taken.at === 500 ? 900 : LATE,
            next_try_at: taken.at,
          })
          .execute(),
      ));
    case 'state':
      return void (await change(sql`state = ${taken.state}`, one(taken.which)));
    case 'try':
      return void (await change(sql`next_try_at = ${taken.at}`, one(taken.which)));
    case 'key':
      return void (await change(sql`chat_key = ${taken.key}`, one(taken.which)));
    case 'merge':
      return void (await change(sql`chat_key = ${taken.to}`, sql`chat_key = ${taken.from}`));
    case 'account':
      return void (await change(sql`account = ${taken.account}`, one(taken.which)));
    case 'fill in':
      return void (await change(sql`account = ${taken.account}`, sql`account is null`));
    case 'hold':
      return void (await change(
        sql`error_code = ${taken.isHeld ? 'page_incompatible' : null}`,
        one(taken.which),
      ));
    case 'hold all':
      return void (await change(
        sql`error_code = ${taken.isHeld ? 'page_incompatible' : null}`,
        sql`kind = 'media'`,
      ));
    case 'cancel':
      return void (await change(sql`cancel_at = 1`, one(taken.which)));
    case 'remove':
      return void (await store.write((db) =>
        sql`delete from messages where ${one(taken.which)}`.execute(db),
      ));
    case 'note': {
      const all = await store.read((db) => db.selectFrom('messages').select('seq').execute());
      if (all.length > 0)
        await store.write((db, dialect) =>
          notePlaces(
            db,
            dialect,
            all.map(({ seq }) => seq),
          ),
        );
    }
  }
}

forEachDatabase((database) => {
  describe(`heads of the chats on ${database.name}`, () => {
    it(`are those of the model after every change of a message, by whatever release (seed ${SEED})`, async () => {
      await using store = await Store.open(await database.fresh(), createLog('api', 'silent'));
      let notes = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(accept, MANY), fc.array(step, MANY), async (accepted, steps) => {
          await store.write((db) => db.deleteFrom('messages').execute());
          for (const taken of accepted) await take(store, taken, 0);
          for (const taken of [NOTE, ...steps]) {
            const before = await store.read((db) => db.selectFrom('messages').select('behind').execute());
            notes += before.filter(({ behind }) => behind !== null).length;
            await take(store, taken, before.length);
            for (const query of QUERIES) {
              const model = await store.read((db) => modelHeads(db, query));
              const found = await findHeads(store, query);
              assert.deepEqual(
                found.map(({ seq }) => seq),
                model.heads,
                JSON.stringify(query),
              );
              const next = await store.read((db, dialect) => nextMoment(db, dialect, query));
              // An earlier moment costs one more look; a later one would keep a message waiting.
              if (model.next !== undefined) assert.ok(next !== undefined && next <= model.next, `${next}`);
              assert.ok(next === undefined || next > NOW);
            }
          }
        }),
        { seed: SEED, numRuns: RUNS },
      );
      assert.ok(notes > 0, 'no message was noted to be behind another one');
    });
  });
});
