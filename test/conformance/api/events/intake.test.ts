import assert from 'node:assert/strict';
import fc from 'fast-check';
import request from 'supertest';
import { type OpenEngine, Store } from '../../../../services/api/store/store.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { anyText } from '../../../support/any-text.ts';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { ack, call, calls, message, post, sent, state } from '../../../support/api/events/news.ts';
import { type ApiWorld, answerJson, fromGate, startWorld } from '../../../support/api/world.ts';
import { until } from '../../../support/until.ts';

const bridge = answerJson(200, {});

const read = async (world: ApiWorld) =>
  (await request(world.origin).get('/api/events?limit=1000').set(fromGate).expect(200)).body.events;

forEachDatabase((database) => {
  describe(`intake of events, on ${database.name}`, () => {
    it('logs each event once, in order, however the bridge repeats and cuts its batches', async () => {
      await using world = await startWorld(bridge, { openStore: await database.fresh() });
      const all = calls(60);
      const cut = fc.array(fc.tuple(fc.nat(59), fc.integer({ min: 1, max: 30 })), { maxLength: 3 });
      // It goes on where it was before it lost its place, at worst.
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 20 }), cut, async (step, repeats) => {
          for (let start = 0; start < all.length; start += step) {
            await post(world.origin, all.slice(start, start + step));
            for (const [from, count] of repeats)
              if (from + count <= start) await post(world.origin, all.slice(from, from + count));
          }
        }),
        { numRuns: 3 },
      );
      assert.deepEqual(
        (await read(world)).map(({ data }: { data: { call_id: string } }) => data.call_id),
        all.map(({ key }) => key),
      );
    });

    it('logs once what comes twice at the same time', async () => {
      await using world = await startWorld(bridge, { openStore: await database.fresh() });
      await Promise.all(Array.from({ length: 8 }, () => post(world.origin, calls(50))));
      assert.equal((await read(world)).length, 50);
    });

    it('keeps every text as WhatsApp had it, NUL and halves of surrogate pairs included', async () => {
      await using world = await startWorld(bridge, { openStore: await database.fresh() });
      const texts = [
        'a\0b',
        '\ud800',
        'x\udfffy',
        '\0'.repeat(100),
        '👩‍👩‍👧',
        'שלום',
        '"\\\u2028\n',
        'z'.repeat(65_536),
      ];
      texts.push(...fc.sample(anyText({ maxLength: 50 }), 20).map((text) => `${text}\0`));
      await post(
        world.origin,
        texts.map((text, index) => message(`t${index}`, text)),
      );
      assert.deepEqual(
        (await read(world)).map(({ data }: { data: { body: string } }) => data.body),
        texts,
      );
    });

    it('tells keys apart and ids back, though a database could not hold them as they are', async () => {
      await using world = await startWorld(bridge, { openStore: await database.fresh() });
      const keys = [
        'k\0',
        'k',
        'k\ufffd',
        'k\ud800',
        'k\udfff',
        'y'.repeat(20_000),
        `${'y'.repeat(20_000)}z`,
      ];
      const events = keys.map((key, index) => message(key, `text ${index}`, { id: `false_1@c.us_${key}` }));
      await post(world.origin, events);
      await post(world.origin, events);
      const logged = await read(world);
      assert.deepEqual(
        logged.map(({ data }: { data: { id: string } }) => data.id),
        keys.map((key) => `false_1@c.us_${key}`),
      );
      assert.equal(logged[0].whatsapp_id, 'false_1@c.us_k\ufffd');
      assert.equal(logged[5].whatsapp_id, `false_1@c.us_${'y'.repeat(20_000)}`);
    });

    it('is not held up for ever by an event whose ids are garbage', async () => {
      await using world = await startWorld(bridge, { openStore: await database.fresh() });
      await post(world.origin, [
        ack('a', 'x\0'),
        message('b', 'text', { chat: '\0@c.us' }),
        message('c', 'text', { chat: 'y'.repeat(20_000) }),
        sent('d', 'true_\ud800'),
        call('e'),
      ]);
      assert.equal((await read(world)).length, 5);
    });

    it('has an event on disk when it says that it took it, and what it says of a message too', async () => {
      const openStore = await database.fresh();
      await seed(openStore, 'sent');
      {
        await using world = await startWorld(bridge, { openStore });
        await post(world.origin, [ack('a', ID, 3), message('m', 'hello', { chat: '15557654321@c.us' })]);
      }
      const store = await Store.open(openStore, createLog('api', 'silent'));
      const rows = await store.read((db) =>
        db.selectFrom('messages').select(['state', 'whatsapp_id']).execute(),
      );
      const contacts = await store.read((db) => db.selectFrom('contacts').select('chat_id').execute());
      const events = await store.read((db) => db.selectFrom('events').select('key').orderBy('seq').execute());
      await store.close();
      assert.deepEqual(rows, [{ state: 'read', whatsapp_id: `true_15551234567@c.us_${ID}` }]);
      assert.deepEqual(contacts, [{ chat_id: '15557654321@c.us' }]);
      assert.deepEqual(
        events.map(({ key }) => key),
        ['a', 'm'],
      );
    });

    it('lets what waits go on as soon as the session is ready, but not for another session', async () => {
      const openStore = await database.fresh();
      await seed(openStore, 'queued');
      let isReady = false;
      await using world = await startWorld(
        (request, response) => {
          if (isReady && request.url === '/resolve') response.destroy();
          else answerJson(503, notReady, 'application/problem+json')(request, response);
        },
        { openStore, outbox: PATIENT },
      );
      const sends = () => world.asked.filter((asked) => asked.startsWith('POST /resolve')).length;
      await until('it was tried', () => sends() === 1);
      await post(world.origin, [state('b', 'ready', 'other'), state('c', 'ready'), state('d', 'offline')]);
      isReady = true;
      assert.equal(sends(), 1);
      await post(world.origin, [state('e', 'offline'), state('f', 'ready')]);
      await until('it was tried again', () => sends() === 2);
    });
  });
});

const ID = `3EB0${'A'.repeat(18)}`;
/** Longer between tries than the test may take: only a word of the bridge brings the next. */
const PATIENT = {
  ttlHours: 24,
  maxWaiting: 1_000,
  concurrency: 4,
  retryMs: 600_000,
  retryMaxMs: 600_000,
  mediaMaxBytes: 1024 ** 2,
  mediaStoreBytes: 1024 ** 3,
  bodyMemoryBytes: 64 * 1024 ** 2,
  mediaTypes: ['image/*'],
  mediaFetchTimeoutMs: 60_000,
  ackTimeoutMs: 60_000,
};
const notReady = { code: 'whatsapp_not_ready', detail: 'not yet' };

/** A message in the outbox, as an earlier run of the api has left it. */
async function seed(openStore: OpenEngine, messageState: 'sent' | 'queued'): Promise<void> {
  const store = await Store.open(openStore, createLog('api', 'silent'));
  const now = Date.now();
  await store.write((db) =>
    db
      .insertInto('messages')
      .values({
        id: ID,
        session: 'default',
        chat_id: '15551234567@c.us',
        kind: 'text',
        content: JSON.stringify({ kind: 'text', text: 'hello' }),
        state: messageState,
        accepted_at: now,
        expires_at: now + 86_400_000,
        next_try_at: 0,
      })
      .execute(),
  );
  await store.close();
}
