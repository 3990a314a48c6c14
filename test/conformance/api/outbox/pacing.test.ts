import assert from 'node:assert/strict';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { NO_PACING, OutboxWorld } from '../../../support/api/outbox/outbox-world.ts';
import { until } from '../../../support/until.ts';

const ANN = '15550000001@c.us';
const BOB = '15550000002@c.us';
const CLUB = '120363000000000001@g.us';

forEachDatabase((database) => {
  describe(`pacing on ${database.name}`, () => {
    const start = async (pacing: Partial<typeof NO_PACING>) =>
      OutboxWorld.start(await database.fresh(), { ...NO_PACING, isOn: true, ...pacing });

    it('leaves the gap between any two messages', async () => {
      await using world = await start({ gapMs: 150 });
      const ids = [await world.queue(ANN, 'a'), await world.queue(BOB, 'b'), await world.queue(ANN, 'c')];
      world.dispatcher.start();
      const at: number[] = [];
      for (const id of ids) at.push((await world.reaches(id, 'sent')).dispatchedAt ?? 0);
      at.sort((left, right) => left - right);
      for (const [index, moment] of at.entries())
        if (index > 0) assert.ok(moment - (at[index - 1] ?? 0) >= 150, `${at}`);
    });

    it('sends no more in a minute than it may', async () => {
      await using world = await start({ perMinute: 3 });
      const ids: string[] = [];
      for (let turn = 0; turn < 5; turn += 1) ids.push(await world.queue(`1555000100${turn}@c.us`, 'x'));
      world.dispatcher.start();
      for (const id of ids.slice(0, 3)) await world.reaches(id, 'sent');
      let looks = 0;
      const { store } = world;
      const read = store.read.bind(store);
      store.read = (query) => {
        looks += 1;
        return read(query);
      };
      await until('the dispatcher has looked again', () => {
        world.dispatcher.wake();
        return looks >= 20;
      });
      assert.equal(world.bridge.phone.length, 3);
      assert.equal((await world.find(ids[3] ?? '')).state, 'queued');
    });

    it('parks strangers beyond the budget of a day, with the reason, and lets the others go on', async () => {
      await using world = await start({ firstContactsPerDay: 2 });
      world.bridge.chats = [BOB];
      const strangers: string[] = [];
      for (let turn = 0; turn < 4; turn += 1)
        strangers.push(await world.queue(`1555000200${turn}@c.us`, 'hello'));
      const known = await world.queue(BOB, 'to somebody the phone knows');
      const group = await world.queue(CLUB, 'to a group');
      world.dispatcher.start();
      for (const id of [...strangers.slice(0, 2), known, group]) await world.reaches(id, 'sent');
      const parked = await until('the third is parked', async () => {
        const message = await world.find(strangers[2] ?? '');
        return message.reason?.includes('budget of 2 first contacts') ? message : undefined;
      });
      assert.ok(parked.nextTryAt > Date.now() + 86_000_000);
      // Written to today, so no stranger any more.
      await world.reaches(await world.queue('15550002000@c.us', 'again'), 'sent');
    });

    it('parks only strangers when WhatsApp restricts the number, over a restart too', async () => {
      await using world = await start({});
      world.bridge.chats = [BOB];
      world.bridge.behave = ({ chatId }) => (chatId === BOB ? 'send' : 'recipient_restricted');
      const stranger = await world.queue(ANN, 'hello');
      world.dispatcher.start();
      await until('it was refused', async () => (await world.find(stranger)).nextTryAt > Date.now() + 1_000);
      await world.restart();
      world.bridge.behave = () => 'send';
      world.dispatcher.start();
      const other = await world.queue('15550003000@c.us', 'hello');
      await world.reaches(await world.queue(BOB, 'fine'), 'sent');
      await until('the other is parked', async () => (await world.find(other)).reason);
      assert.match((await world.find(other)).reason ?? '', /restricts messages to strangers/);
      assert.deepEqual(
        world.bridge.phone.map(({ chatId }) => chatId),
        [BOB],
      );
    });

    for (const detail of ['no more strangers now (error 463)', 'no more new chats this month (error 475)'])
      it(`parks a message with the reason that WhatsApp gave: ${detail}`, async () => {
        await using world = await start({});
        world.bridge.behave = () => 'recipient_restricted';
        world.bridge.detailOf = () => detail;
        const id = await world.queue(ANN, 'hello');
        world.dispatcher.start();
        const parked = await until('it is parked', async () => {
          const message = await world.find(id);
          return message.nextTryAt > Date.now() + 1_000 ? message : undefined;
        });
        assert.deepEqual([parked.state, parked.errorCode], ['queued', undefined]);
        assert.match(parked.reason ?? '', new RegExp(detail.replaceAll(/[()]/g, '.')));
      });
  });
});
