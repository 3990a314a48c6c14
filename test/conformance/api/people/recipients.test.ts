import assert from 'node:assert/strict';
import { learnPerson } from '../../../../services/api/people/learn-people.ts';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { NO_PACING, OutboxWorld } from '../../../support/api/outbox/outbox-world.ts';
import { until } from '../../../support/until.ts';

const SCOPE = { session: 'default', account: '' };
/** One person: the number as it is registered, the number as people write it, the LID. */
const NUMBER = '554780000009@c.us';
const ALIAS = '5547980000009@c.us';
const LID = '200000000000009@lid';
const ANN = { phone_number: '554780000009', lid: LID };
const BOB = '15550000002@c.us';

forEachDatabase((database) => {
  describe(`recipients on ${database.name}`, () => {
    const start = async (pacing = NO_PACING) => {
      const world = await OutboxWorld.start(await database.fresh(), pacing);
      for (const id of [NUMBER, ALIAS, LID]) world.bridge.directory.set(id, { chatId: LID, person: ANN });
      return world;
    };
    const people = (world: OutboxWorld) =>
      world.store.read((db) => db.selectFrom('people').selectAll().orderBy('id').execute());
    const allSent = (world: OutboxWorld, ids: readonly string[]) =>
      Promise.all(ids.map((id) => world.reaches(id, 'sent')));

    it('are asked for once in each form, over a restart too, and are one person in one order', async () => {
      await using world = await start();
      const ids: string[] = [];
      for (const [index, form] of [NUMBER, ALIAS, LID, NUMBER, LID, ALIAS].entries())
        ids.push(await world.queue(form, `m${index}`));
      world.dispatcher.start();
      await allSent(world, ids);
      await world.restart();
      world.dispatcher.start();
      await world.reaches(await world.queue(ALIAS, 'm6'), 'sent');
      assert.deepEqual(
        world.bridge.phone.map(({ text }) => text),
        ['m0', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6'],
      );
      const asked = world.bridge.resolveCalls;
      assert.deepEqual(asked, [...new Set(asked)]);
      const [ann, ...others] = await people(world);
      assert.deepEqual(others, []);
      assert.deepEqual([ann?.phone_number, ann?.lid, ann?.address], ['554780000009', LID, LID]);
    });

    it('are asked for at the pace of messages, and each waits for its moment with the reason', async () => {
      await using world = await start({ ...NO_PACING, isOn: true, perMinute: 2 });
      const ids: string[] = [];
      for (let turn = 0; turn < 4; turn += 1) ids.push(await world.queue(`1555000100${turn}@c.us`, 'x'));
      world.dispatcher.start();
      const parked = await until('the last is parked', async () => {
        const message = await world.find(ids[3] ?? '');
        return message.reason === undefined ? undefined : message;
      });
      assert.match(parked.reason ?? '', /PACING_PER_MINUTE/);
      assert.ok(parked.nextTryAt > Date.now() + 30_000);
      assert.equal(world.bridge.resolveCalls.length, 2);
    });

    it('without an account fail with the time and the way to ask again, and are not asked for before that', async () => {
      await using world = await start();
      world.bridge.directory.set(BOB, 'absent');
      const first = await world.queue(BOB, 'one');
      world.dispatcher.start();
      const failed = await world.reaches(first, 'failed');
      const second = await world.reaches(await world.queue(BOB, 'two'), 'failed');
      assert.equal(failed.errorCode, 'recipient_not_on_whatsapp');
      assert.match(
        failed.reason ?? '',
        /said so at \d{4}-.*POST \/api\/whatsapp\/people\/15550000002\/resolve/,
      );
      assert.equal(second.reason, failed.reason);
      assert.deepEqual(world.bridge.resolveCalls, [BOB]);
      assert.deepEqual(world.bridge.calls, []);
    });

    it('are asked for again ten minutes after WhatsApp has said that there is no account', async () => {
      await using world = await start();
      world.bridge.directory.set(BOB, 'absent');
      world.dispatcher.start();
      await world.reaches(await world.queue(BOB, 'one'), 'failed');
      world.bridge.directory.delete(BOB);
      await world.store.write((db) =>
        db
          .updateTable('addresses')
          .set({ learned_at: Date.now() - 600_001 })
          .execute(),
      );
      await world.reaches(await world.queue(BOB, 'two'), 'sent');
      assert.deepEqual(world.bridge.resolveCalls, [BOB, BOB]);
    });

    it('whom WhatsApp refuses at the send are asked for again, and those that wait with them', async () => {
      await using world = await start();
      const first = await world.queue(BOB, 'fine');
      world.dispatcher.start();
      await world.reaches(first, 'sent');
      world.bridge.behave = () => 'recipient_not_on_whatsapp';
      const waiting = [await world.queue(BOB, 'refused'), await world.queue(BOB, 'refused too')];
      for (const id of waiting)
        assert.equal((await world.reaches(id, 'failed')).errorCode, 'recipient_not_on_whatsapp');
      assert.equal(world.bridge.calls.length, 2);
    });

    it('that the bridge cannot ask for are sent to as they were asked for, and no second copy goes out', async () => {
      await using world = await start();
      world.bridge.resolveError = 'bridge_failed';
      const ids = [await world.queue(ALIAS, 'a'), await world.queue(NUMBER, 'b')];
      world.dispatcher.start();
      await allSent(world, ids);
      // Where WhatsApp put the messages says that they are one person.
      assert.deepEqual(
        (await people(world)).map(({ phone_number, lid }) => [phone_number, lid]),
        [['554780000009', LID]],
      );
    });

    it('learned during the send are one person: what waits for either form goes out in the order of acceptance', async () => {
      await using world = await start();
      world.bridge.directory.delete(NUMBER);
      world.bridge.directory.delete(LID);
      world.bridge.behave = ({ chatId }) => {
        // From the first message on, WhatsApp knows the pair.
        if (chatId === NUMBER) world.bridge.directory.set(NUMBER, { chatId: LID, person: ANN });
        return 'send';
      };
      await world.store.write((db, dialect) =>
        learnPerson(db, dialect, SCOPE, { person: { lid: LID }, address: LID, receivedAt: 1 }, 1),
      );
      const ids: string[] = [];
      for (const [index, form] of [NUMBER, LID, NUMBER, LID].entries())
        ids.push(await world.queue(form, `m${index}`));
      world.dispatcher.start();
      await allSent(world, ids);
      assert.deepEqual(
        world.bridge.phone.map(({ text }) => text),
        ['m0', 'm1', 'm2', 'm3'],
      );
      assert.equal((await people(world)).length, 1);
      const events = await world.store.read((db) => db.selectFrom('events').selectAll().execute());
      assert.deepEqual(
        events.map(({ type }) => type),
        ['person_merged'],
      );
    });

    it('do not overtake an earlier message for whom nobody knows yet whether it is the same person', async () => {
      await using world = await start();
      world.bridge.directory.delete(LID);
      await world.store.write((db, dialect) =>
        learnPerson(db, dialect, SCOPE, { person: { lid: LID }, address: LID }, 1),
      );
      const ids = [await world.queue(ALIAS, 'first'), await world.queue(LID, 'second')];
      world.dispatcher.start();
      await allSent(world, ids);
      assert.deepEqual(
        world.bridge.phone.map(({ text }) => text),
        ['first', 'second'],
      );
    });

    it('who wrote first under another address are no first contact', async () => {
      await using world = await start({ ...NO_PACING, isOn: true, firstContactsPerDay: 1 });
      world.dispatcher.start();
      await world.store.write((db, dialect) =>
        learnPerson(db, dialect, SCOPE, { person: { lid: LID }, address: LID, receivedAt: 1 }, 1),
      );
      await world.reaches(await world.queue(BOB, 'a stranger'), 'sent');
      await world.reaches(await world.queue(ALIAS, 'an answer'), 'sent');
    });

    it('whom the release before has noted are no strangers, and are one person with their other forms', async () => {
      await using world = await start({ ...NO_PACING, isOn: true, firstContactsPerDay: 1 });
      await world.store.write((db) =>
        db
          .insertInto('contacts')
          .values({
            session: 'default',
            chat_id: ALIAS,
            first_sent_at: Date.now() - 1_000,
            first_received_at: null,
          })
          .execute(),
      );
      world.dispatcher.start();
      await until('the noted one is a person', async () => (await people(world)).length > 0);
      await allSent(world, [await world.queue(ALIAS, 'a')]);
      assert.deepEqual(world.bridge.resolveCalls, [ALIAS]);
      await allSent(world, [await world.queue(LID, 'b'), await world.queue(NUMBER, 'c')]);
      assert.equal((await people(world)).length, 1);
      const other = await world.queue(BOB, 'beyond the budget');
      const parked = await until('it is parked', async () => {
        const message = await world.find(other);
        return message.reason?.includes('budget of 1') ? message : undefined;
      });
      assert.equal(parked.state, 'queued');
    });
  });
});
