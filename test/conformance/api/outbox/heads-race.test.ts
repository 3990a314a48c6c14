import assert from 'node:assert/strict';
import { sql } from 'kysely';
import { notePlaces } from '../../../../services/api/outbox/heads/ahead.ts';
import type { Database, Engine } from '../../../../services/api/store/store.ts';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { until } from '../../../support/until.ts';

/** How the first of two messages goes first no longer. */
const ENDS: Readonly<Record<string, (db: Database) => Promise<unknown>>> = {
  'is sent': (db) => sql`update messages set state = 'sent' where id = 'first'`.execute(db),
  'gets another key': (db) => sql`update messages set chat_key = 'person:9' where id = 'first'`.execute(db),
  'gets another account': (db) => sql`update messages set account = 'two' where id = 'first'`.execute(db),
  'is set aside': (db) =>
    sql`update messages set error_code = 'page_incompatible' where id = 'first'`.execute(db),
  'is removed': (db) => sql`delete from messages where id = 'first'`.execute(db),
};

forEachDatabase(({ name, fresh }) => {
  if (name === 'sqlite') return; // It has one writer.
  describe(`two processes that change the same chat at one moment, on ${name}`, () => {
    let engine: Engine;
    before(async () => {
      engine = await (await fresh())();
    });
    after(() => engine.close());

    beforeEach(() =>
      engine.write(async (db) => {
        await db.deleteFrom('messages').execute();
        for (const id of ['first', 'second'])
          await db
            .insertInto('messages')
            .values({
              id,
              session: 'default',
              chat_id: 'chat@g.us',
              kind: 'text',
              content: '{"kind":"text","text":"x"}',
              state: 'queued',
              accepted_at: 1,
              expires_at: 9,
              next_try_at: 1,
            })
            .execute();
      }),
    );

    const note = async (db: Database) => {
      const rows = await db.selectFrom('messages').select('seq').execute();
      await notePlaces(
        db,
        'postgres',
        rows.map(({ seq }) => seq),
      );
    };
    const behind = async () => {
      const row = await engine.read((db) =>
        db.selectFrom('messages').select('behind').where('id', '=', 'second').executeTakeFirstOrThrow(),
      );
      return row.behind;
    };
    /** Runs the second in a transaction of its own while that of the first is open; it waits for that one where it must. */
    const meet = async (
      first: (db: Database) => Promise<unknown>,
      second: (db: Database) => Promise<unknown>,
    ) => {
      let waiting: Promise<unknown> = Promise.resolve();
      await engine.write(async (db) => {
        await first(db);
        let isOver = false;
        waiting = engine.write(second).finally(() => {
          isOver = true;
        });
        await until('the other transaction waits for a lock, or is over', async () => {
          const { rows } = await engine.read((reader) =>
            sql`select 1 from pg_locks where not granted`.execute(reader),
          );
          return isOver || rows.length > 0;
        });
      });
      await waiting;
    };

    it('notes that the second message is behind the first one', async () => {
      await engine.write(note);
      assert.notEqual(await behind(), null);
    });

    for (const [how, end] of Object.entries(ENDS)) {
      it(`leaves no message behind one that ${how} while that is noted`, async () => {
        await meet(note, end);
        assert.equal(await behind(), null);
      });

      it(`leaves no message behind one that ${how} before that is noted`, async () => {
        await meet(end, note);
        assert.equal(await behind(), null);
      });
    }
  });
});
