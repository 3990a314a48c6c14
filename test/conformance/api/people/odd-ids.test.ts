import assert from 'node:assert/strict';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { messageFrom, PeopleWorld } from '../../../support/api/people-world.ts';

const ODD = [
  '12@c.us',
  '0@c.us',
  '15551234567:12@c.us',
  `${'9'.repeat(21)}@lid`,
  'abc@lid',
  '01234567890@c.us',
];

forEachDatabase((database) => {
  describe(`ids that are nobody's on ${database.name}`, () => {
    for (const id of ODD)
      it(`are taken at their word, and teach nothing: ${id}`, async () => {
        await using world = await PeopleWorld.start(await database.fresh());
        await world.post([messageFrom(id, 'A', 'hello', { phone_number: '15551234567', name: 'x' })]);
        const [event] = await world.events('message');
        assert.equal(event.data.chat_id, id);
        const sent = await world.send(id, 'hi');
        await world.reaches(sent.id, 'sent');
        const { messages } = await world.get(`/api/whatsapp/messages?chat_id=${encodeURIComponent(id)}`);
        assert.equal(messages.length, 1);
        assert.deepEqual((await world.get('/api/whatsapp/people')).people, []);
      });

    it('or that contradict their person, teach what the id says', async () => {
      await using world = await PeopleWorld.start(await database.fresh());
      await world.receive('15551234567@c.us', 'hello', { phone_number: '15559999999', lid: '77@lid' });
      const [event] = await world.events('message');
      assert.deepEqual(event.data.person, { phone_number: '15551234567' });
    });

    it('do not keep the events behind them from the log, whatever is in a name', async () => {
      await using world = await PeopleWorld.start(await database.fresh());
      const name = `\0${'x'.repeat(5_000)}\ud800`;
      await world.post([
        messageFrom('15551234567@c.us', 'A', 'hello', { name }),
        messageFrom('2@lid', 'B', 'ho'),
      ]);
      assert.equal((await world.events('message')).length, 2);
      const [{ person }] = (await world.get('/api/whatsapp/people')).people;
      assert.ok(person.name.length <= 256 && person.name.isWellFormed() && !person.name.includes('\0'));
    });
  });
});
