import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { startRetention } from '../../../../services/api/store/retention/retention.ts';
import { StoreRoom } from '../../../../services/api/store/retention/store-room.ts';
import { estimateBytes } from '../../../../services/api/store/retention/store-size.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { DAY_MS, daysAgo, LIMITS, NOW, Shelf } from '../../../support/api/store/shelf.ts';
import { until } from '../../../support/until.ts';

/** PostgreSQL compresses what repeats itself. */
const LONG = randomBytes(1_000).toString('hex');

forEachDatabase((database) => {
  describe(`retention on ${database.name}`, () => {
    it('removes events by their age, a few at a time', async () => {
      await using shelf = await Shelf.open(database);
      await shelf.events(1_200, daysAgo(31));
      await shelf.events(3, daysAgo(29));
      const before = shelf.writes;
      await shelf.tidyUp();
      assert.deepEqual(await shelf.seqs(), [1_201, 1_202, 1_203]);
      assert.ok(shelf.writes - before >= 3, `${shelf.writes - before} writes`);
      assert.deepEqual(shelf.logged, []);
    });

    it('gives no number of a removed event to another', async () => {
      await using shelf = await Shelf.open(database);
      await shelf.events(5, daysAgo(31));
      await shelf.tidyUp();
      await shelf.events(1, NOW);
      assert.deepEqual(await shelf.seqs(), [6]);
    });

    it('keeps what stands behind an event of a clock that was ahead: rather too much than too little', async () => {
      await using shelf = await Shelf.open(database);
      await shelf.events(1, daysAgo(40));
      await shelf.events(1, NOW + 1_000 * DAY_MS);
      await shelf.events(1, daysAgo(39));
      await shelf.tidyUp();
      assert.deepEqual(await shelf.seqs(), [2, 3]);
    });

    it('removes events by their age that a webhook still wants, and the webhook shows how many it has lost', async () => {
      await using shelf = await Shelf.open(database);
      await shelf.events(10, daysAgo(31));
      await shelf.webhook('slow', 4);
      await shelf.webhook('done', 10);
      await shelf.webhook('off', 0, 'disabled');
      await shelf.webhook('picky', 0, 'active', ['message']);
      await shelf.tidyUp();
      assert.deepEqual(await shelf.seqs(), []);
      assert.equal(shelf.logged.length, 1, shelf.logged.join(''));
      assert.match(shelf.logged[0] ?? '', /webhook slow has lost 6 events: .* EVENTS_KEEP_DAYS/);
      assert.deepEqual(await lossesOf(shelf), [
        ['done', 0, null],
        ['off', 0, null],
        ['picky', 0, null],
        ['slow', 6, NOW],
      ]);
      await shelf.events(2, daysAgo(31));
      await shelf.tidyUp();
      assert.deepEqual((await lossesOf(shelf)).at(-1), ['slow', 8, NOW]);
    });

    it('removes messages that were settled long ago, whatever their state, and no other', async () => {
      await using shelf = await Shelf.open(database);
      const old = daysAgo(91);
      for (const state of ['sent', 'delivered', 'read', 'played'] as const)
        await shelf.messages(2, state, { accepted: old, sent: old });
      for (const state of ['failed', 'expired', 'canceled'] as const)
        await shelf.messages(2, state, { accepted: old, ended: old });
      await shelf.messages(1_100, 'delivered', { accepted: old, sent: old });
      const kept = [
        ...(await shelf.messages(1, 'scheduled', { accepted: old })),
        ...(await shelf.messages(1, 'queued', { accepted: old })),
        ...(await shelf.messages(1, 'sending', { accepted: old })),
        // Accepted long ago, and sent, or given up, only now.
        ...(await shelf.messages(1, 'sent', { accepted: old, sent: daysAgo(1) })),
        ...(await shelf.messages(1, 'expired', { accepted: old, ended: daysAgo(1) })),
        ...(await shelf.messages(1, 'read', { accepted: daysAgo(89), sent: daysAgo(89) })),
      ];
      await shelf.tidyUp();
      assert.deepEqual(await shelf.ids('messages'), kept.sort());
    });

    it('reaches the old behind more than a handful that took long to be sent', async () => {
      await using shelf = await Shelf.open(database);
      const late = await shelf.messages(1_000, 'sent', { accepted: daysAgo(200), sent: daysAgo(1) });
      await shelf.messages(1, 'sent', { accepted: daysAgo(100), sent: daysAgo(100) });
      await shelf.tidyUp();
      assert.deepEqual(await shelf.ids('messages'), late.sort());
    });

    it('removes idempotency keys and unused uploads after a day, and media of settled messages', async () => {
      await using shelf = await Shelf.open(database);
      const [waiting = ''] = await shelf.messages(1, 'queued', { accepted: daysAgo(5) });
      const [sent = ''] = await shelf.messages(1, 'sent', { accepted: daysAgo(5), sent: daysAgo(5) });
      await shelf.medium('of-waiting', daysAgo(5), waiting);
      await shelf.medium('of-sent', daysAgo(5), sent);
      await shelf.medium('of-nobody', daysAgo(5), 'm-gone');
      await shelf.medium('old-upload', daysAgo(1.1), null);
      await shelf.medium('new-upload', daysAgo(0.9), null);
      await shelf.store.write(async (db) => {
        for (const days of [0.9, 1.1])
          await db
            .insertInto('idempotency')
            .values({ key: `${days}`, fingerprint: 'f', message_id: sent, created_at: daysAgo(days) })
            .execute();
      });
      await shelf.tidyUp();
      assert.deepEqual(await shelf.ids('media'), ['new-upload', 'of-waiting']);
      const keys = await shelf.store.read((db) => db.selectFrom('idempotency').select('key').execute());
      assert.deepEqual(keys, [{ key: '0.9' }]);
    });

    it('removes dead letters after thirty days', async () => {
      await using shelf = await Shelf.open(database);
      await shelf.store.write(async (db) => {
        for (const days of [31, 29])
          await db
            .insertInto('dead_letters')
            .values({
              webhook_id: 'w',
              seq: 1,
              type: 'message',
              payload: '{}',
              reason: 'x',
              attempts: 9,
              created_at: daysAgo(days),
            })
            .execute();
      });
      await shelf.tidyUp();
      const left = await shelf.store.read((db) =>
        db.selectFrom('dead_letters').select('created_at').execute(),
      );
      assert.deepEqual(left, [{ created_at: daysAgo(29) }]);
    });

    it('estimates how much there is, within a factor of two', async () => {
      await using shelf = await Shelf.open(database);
      const text = LONG.slice(0, 700);
      const empty = await estimateBytes(shelf.store);
      await shelf.events(2_000, daysAgo(1), text);
      await shelf.messages(1_000, 'sent', { accepted: daysAgo(2), sent: daysAgo(2) }, text);
      const grown = (await estimateBytes(shelf.store)) - empty;
      const least = 3_000 * text.length;
      assert.ok(grown > least && grown < 2 * least, `${grown}`);
    });

    it('removes the oldest events and settled messages beyond the size, and nothing that waits', async () => {
      await using shelf = await Shelf.open(database);
      const [waiting = ''] = await shelf.messages(1, 'queued', { accepted: daysAgo(20) }, LONG);
      for (let day = 20; day > 2; day -= 1) {
        await shelf.events(100, daysAgo(day), LONG);
        await shelf.messages(100, 'read', { accepted: daysAgo(day), sent: daysAgo(day) }, LONG);
      }
      const [fresh = ''] = await shelf.messages(1, 'read', { accepted: NOW, sent: NOW }, LONG);
      const full = await estimateBytes(shelf.store);
      const maxBytes = full / 2;
      await shelf.tidyUp({ maxBytes }, false);
      const left = await estimateBytes(shelf.store);
      assert.ok(left <= maxBytes && left > full / 4, `${left} of ${full}`);
      const seqs = await shelf.seqs();
      assert.equal(seqs.at(-1), 1_800);
      assert.equal(seqs.length, 1_800 - (seqs[0] ?? 0) + 1);
      const ids = await shelf.ids('messages');
      assert.ok(ids.includes(waiting) && ids.includes(fresh));
      // Both kinds by their age, not one before the other.
      assert.ok(seqs.length > 300 && seqs.length < 1_500, `${seqs.length} events`);
      assert.ok(ids.length > 300 && ids.length < 1_500, `${ids.length} messages`);
      assert.deepEqual(shelf.logged, []);
    });

    it('never removes by size what a webhook still wants, and says so when nothing else is left', async () => {
      await using shelf = await Shelf.open(database);
      await shelf.events(1_000, daysAgo(9), LONG);
      await shelf.events(2_000, daysAgo(8), LONG);
      await shelf.messages(1_000, 'read', { accepted: daysAgo(3), sent: daysAgo(3) }, LONG);
      await shelf.webhook('slow', 1_000);
      const full = await estimateBytes(shelf.store);
      await shelf.tidyUp({ maxBytes: full * 0.55 }, false);
      assert.deepEqual(shelf.logged, []);
      assert.equal((await shelf.seqs())[0], 1_001);
      assert.ok((await shelf.ids('messages')).length < 1_000);
      await shelf.tidyUp({ maxBytes: full * 0.3 }, false);
      assert.deepEqual(await shelf.ids('messages'), []);
      assert.deepEqual((await shelf.seqs()).length, 2_000);
      assert.match(shelf.logged.join(''), /more than STORE_MAX_BYTES .*nothing is left that may be removed/);
      assert.deepEqual(await lossesOf(shelf), [['slow', 0, null]]);
    });

    it('counts media apart: they take the place of no event and of no message', async () => {
      await using shelf = await Shelf.open(database);
      await shelf.events(100, daysAgo(9), LONG);
      const before = await estimateBytes(shelf.store);
      for (let turn = 0; turn < 5; turn += 1)
        await shelf.medium(`m${turn}`, daysAgo(0.1), null, randomBytes(1_000_000));
      assert.ok((await estimateBytes(shelf.store)) < before + 200_000);
      await shelf.tidyUp({ maxBytes: before + 200_000 }, false);
      assert.equal((await shelf.seqs()).length, 100);
    });

    it('says so when all that is left may not be removed', async () => {
      await using shelf = await Shelf.open(database);
      const waiting = await shelf.messages(10, 'queued', { accepted: daysAgo(5) }, LONG);
      // Its idempotency key may still be used.
      const fresh = await shelf.messages(1, 'read', { accepted: daysAgo(0.9), sent: daysAgo(0.9) }, LONG);
      await shelf.tidyUp({ maxBytes: 1_000 });
      assert.deepEqual(await shelf.ids('messages'), [...waiting, ...fresh].sort());
      assert.match(shelf.logged.join(''), /more than STORE_MAX_BYTES .*nothing is left that may be removed/);
    });

    it('goes on by itself, and ends at once when it is closed', async () => {
      await using shelf = await Shelf.open(database);
      const log = createLog('api', 'silent');
      let now = daysAgo(0);
      const retention = startRetention(
        shelf.store,
        LIMITS,
        log,
        new StoreRoom(LIMITS.maxBytes, log),
        () => now,
        10,
      );
      await shelf.events(1, daysAgo(29.9));
      await shelf.events(1, daysAgo(29));
      now += DAY_MS / 4; // less than what makes the clock doubtful
      await until('the first is gone', async () => (await shelf.seqs()).length === 1);
      await retention.close();
    });
  });
});

/** Of each webhook: its id, what it has lost, and when. */
async function lossesOf(shelf: Shelf): Promise<unknown[]> {
  const rows = await shelf.store.read((db) =>
    db.selectFrom('webhooks').select(['id', 'lost', 'lost_at']).orderBy('id').execute(),
  );
  return rows.map(({ id, lost, lost_at }) => [id, lost, lost_at]);
}
