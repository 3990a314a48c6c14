import assert from 'node:assert/strict';
import { request } from 'node:http';
import { mock } from 'node:test';
import fc from 'fast-check';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { ANN, SendWorld } from '../../../support/api/outbox/send-world.ts';
import { fromGate } from '../../../support/api/world.ts';

const BOB = '15550000002@c.us';
const SEED = Number(process.env.FC_SEED ?? Date.now() % 1_000_000);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const hello = { chat_id: ANN, message: 'Hello' };
const keyed = (key: string) => ({ 'idempotency-key': key });

forEachDatabase((database) => {
  describe(`api on ${database.name}, by Idempotency-Key`, () => {
    const start = async () => SendWorld.start(await database.fresh());

    it('answers the same request with the same message, in whatever order or form its fields are', async () => {
      await using world = await start();
      const first = await world.sendAsync(hello, keyed('k'));
      const again = await world.sendAsync({ message: 'Hello', chat_id: '+1 555 000 0001' }, keyed('k'));
      assert.deepEqual([first.status, again.status], [202, 202]);
      assert.deepEqual(again.body, first.body);
      assert.deepEqual(await world.counts(), { messages: 1, media: 0, keys: 1 });
    });

    it('refuses another body under the same key, and the same body on another route', async () => {
      await using world = await start();
      const { body: first } = await world.sendAsync(hello, keyed('k'));
      for (const other of [
        await world.sendAsync({ ...hello, message: 'Hello!' }, keyed('k')),
        await world.sendAsync({ ...hello, chat_id: BOB }, keyed('k')),
        await world.post(`/api/whatsapp/messages/${first.id}/reaction`, { emoji: '👍' }, keyed('k')),
      ])
        assert.deepEqual([other.status, other.body.code, other.body.id], [422, 'key_reused', first.id]);
      assert.equal((await world.rows()).length, 1);
    });

    it('makes one message of requests that come at once, and answers all of them alike', async () => {
      await using world = await start();
      const answers = await Promise.all(Array.from({ length: 12 }, () => world.sendAsync(hello, keyed('k'))));
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([202]));
      assert.equal(new Set(answers.map(({ body }) => body.id)).size, 1);
      assert.deepEqual(await world.counts(), { messages: 1, media: 0, keys: 1 });
    });

    it('lets one of two bodies win that come at once, and refuses the other', async () => {
      await using world = await start();
      const answers = await Promise.all([
        world.sendAsync(hello, keyed('k')),
        world.sendAsync({ ...hello, message: 'Other' }, keyed('k')),
      ]);
      assert.deepEqual(answers.map(({ status }) => status).toSorted(), [202, 422]);
      assert.equal((await world.rows()).length, 1);
    });

    it('waits again for a message that is still queued, and answers as the first request would', async () => {
      await using world = await start();
      const { body: first } = await world.sendAsync(hello, keyed('k'));
      const again = world.send(hello, keyed('k')).then((response) => response);
      await world.becomes(first.id, { state: 'sending' });
      await world.becomes(first.id, { state: 'sent', whatsapp_id: `true_${ANN}_${first.id}` });
      const { status, body } = await again;
      assert.deepEqual([status, body.status, body.id], [200, 'sent', first.id]);
      const later = await world.send(hello, keyed('k'));
      assert.deepEqual([later.status, later.body], [200, body]);
    });

    it('tells of a message that failed, again, and sends no other one', async () => {
      await using world = await start();
      const { body: first } = await world.sendAsync(hello, keyed('k'));
      await world.becomes(first.id, { state: 'failed', error_code: 'send_refused', reason: 'no' });
      const { status, body } = await world.sendAsync(hello, keyed('k'));
      assert.deepEqual([status, body.code, body.id], [502, 'send_refused', first.id]);
      assert.equal((await world.rows()).length, 1);
    });

    it('repeats a request whose times have passed meanwhile', async () => {
      await using world = await start();
      const soon = { ...hello, expires_at: new Date(Date.now() + HOUR_MS).toISOString() };
      const { body: first } = await world.sendAsync(soon, keyed('k'));
      const clock = mock.method(Date, 'now', () => Date.parse(soon.expires_at) + 1);
      try {
        const again = await world.sendAsync(soon, keyed('k'));
        assert.deepEqual([again.status, again.body.id], [202, first.id]);
        assert.equal((await world.sendAsync(soon, keyed('other'))).status, 400);
      } finally {
        clock.mock.restore();
      }
    });

    it('takes a key of more than 24 hours ago for a new one', async () => {
      await using world = await start();
      const { body: first } = await world.sendAsync(hello, keyed('k'));
      const age = (ms: number) =>
        world.store.write((db) =>
          db
            .updateTable('idempotency')
            .set({ created_at: Date.now() - ms })
            .execute(),
        );
      await age(DAY_MS - 60_000);
      assert.equal((await world.sendAsync(hello, keyed('k'))).body.id, first.id);
      await age(DAY_MS + 1);
      const anew = await world.sendAsync({ ...hello, message: 'Another day' }, keyed('k'));
      assert.equal(anew.status, 202);
      assert.notEqual(anew.body.id, first.id);
      assert.deepEqual(await world.counts(), { messages: 2, media: 0, keys: 1 });
      assert.equal((await world.sendAsync(hello, keyed('k'))).body.code, 'key_reused');
    });

    it('leaves the key free when the request is refused', async () => {
      await using world = await start();
      for (const bad of [
        { chat_id: ANN },
        { ...hello, expires_at: '2020-01-01T00:00:00Z' },
        { chat_id: ANN, media: { upload: 'nothing' } },
      ])
        assert.ok((await world.sendAsync(bad, keyed('k'))).status >= 400);
      assert.deepEqual(await world.counts(), { messages: 0, media: 0, keys: 0 });
      assert.equal((await world.sendAsync(hello, keyed('k'))).status, 202);
    });

    it('refuses a key that is none, and two at once', async () => {
      await using world = await start();
      for (const key of ['', 'x'.repeat(256), 'käse']) {
        const { status, body } = await world.sendAsync(hello, keyed(key));
        assert.deepEqual(
          [status, body.code, body.errors[0].field],
          [400, 'header_invalid', 'idempotency-key'],
        );
      }
      const status = await new Promise((resolve) => {
        request(
          `${world.origin}/api/whatsapp/send`,
          {
            method: 'POST',
            headers: { ...fromGate, 'content-type': 'application/json', 'idempotency-key': ['a', 'b'] },
          },
          (response) => resolve(response.resume().statusCode),
        ).end(JSON.stringify(hello));
      });
      assert.equal(status, 400);
      assert.equal((await world.rows()).length, 0);
      assert.equal((await world.sendAsync(hello, keyed('x'.repeat(255)))).status, 202);
    });

    it(`makes of any history of repetitions one message a key (seed ${SEED})`, async () => {
      await using world = await start();
      const step = fc.record({ key: fc.nat(3), message: fc.nat(2), chat: fc.nat(1) });
      let round = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 5 }),
          async (waves) => {
            round += 1;
            const before = (await world.rows()).length;
            const known = new Map<number, { id: string; meaning: string }>();
            for (const wave of waves) {
              const answers = await Promise.all(
                wave.map(async ({ key, message, chat }) => {
                  const meaning = `${message} ${chat}`;
                  const answer = await world.sendAsync(
                    { chat_id: chat === 0 ? ANN : BOB, message: `message ${message}` },
                    keyed(`${round}-${key}`),
                  );
                  return { key, meaning, status: answer.status, id: String(answer.body.id) };
                }),
              );
              // Of those that come at once, any may be the first.
              for (const { key, meaning, status, id } of answers)
                if (status === 202 && !known.has(key)) known.set(key, { id, meaning });
              for (const { key, meaning, status, id } of answers) {
                assert.equal(status, known.get(key)?.meaning === meaning ? 202 : 422);
                assert.equal(id, known.get(key)?.id);
              }
            }
            assert.equal((await world.rows()).length - before, known.size);
          },
        ),
        { numRuns: 25, seed: SEED },
      );
    });
  });
});
