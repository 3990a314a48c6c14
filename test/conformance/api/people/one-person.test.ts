import assert from 'node:assert/strict';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { messageFrom, PeopleWorld } from '../../../support/api/people-world.ts';
import { DEFAULTS } from '../../../support/api/world.ts';
import { until } from '../../../support/until.ts';

/** One person: the number as it is registered, the number as people write it, the LID. */
const NUMBER = '554780000009@c.us';
const ALIAS = '5547980000009@c.us';
const LID = '200000000000009@lid';
const ANN = { phone_number: '554780000009', lid: LID };
const FORMS = { number: '+55 47 8000-0009', alias: '+55 47 98000-0009', LID } as const;
const STRANGER = '15550000002';
const TWO_A_DAY = { ...DEFAULTS.pacing, isOn: true, firstContactsPerDay: 2 };

forEachDatabase((database) => {
  describe(`one person on ${database.name}`, () => {
    const start = async () => {
      const world = await PeopleWorld.start(await database.fresh(), { pacing: TWO_A_DAY });
      const { directory } = world.bridge;
      for (const id of [NUMBER, ALIAS]) directory.set(id, { chatId: LID, person: ANN });
      // A page may not know the number of a LID.
      directory.set(LID, { chatId: LID, person: { lid: LID } });
      return world;
    };

    for (const [typed, first] of Object.entries(FORMS))
      for (const wroteFirst of [true, false])
        for (const known of ['before', 'during the send'] as const)
          it(`typed as ${typed}${wroteFirst ? ', who wrote first' : ''}, known ${known}: one chat, one order, one contact`, async () => {
            await using world = await start();
            if (wroteFirst) await world.receive(LID, 'hi', known === 'before' ? ANN : undefined);
            else if (known === 'before')
              await world.call('POST', `/api/whatsapp/people/${NUMBER}/resolve`, {});
            // The other contact of the day.
            await world.reaches((await world.send(STRANGER, 'hello')).id, 'sent');
            const ids: string[] = [];
            for (const form of [first, ...Object.values(FORMS), first])
              ids.push((await world.send(form, `m${ids.length}`)).id);
            for (const id of ids) await world.reaches(id, 'sent');
            assert.deepEqual(
              world.bridge.phone.slice(1).map(({ text }) => text),
              ids.map((_id, index) => `m${index}`),
            );
            for (const id of ids) {
              const view = await world.get(`/api/whatsapp/messages/${id}`);
              assert.equal(view.chat_id, LID);
              assert.deepEqual(view.person, ANN);
            }
            for (const form of Object.values(FORMS)) {
              const { messages } = await world.get(
                `/api/whatsapp/messages?order=asc&chat_id=${encodeURIComponent(form)}`,
              );
              assert.deepEqual(
                messages.map(({ id }: { id: string }) => id),
                ids,
              );
            }
            const { people } = await world.get('/api/whatsapp/people');
            assert.equal(people.length, 2);
            // The budget: the stranger and this person, unless the person wrote first.
            const other = await world.send('15550000003', 'one more');
            if (wroteFirst) await world.reaches(other.id, 'sent');
            else
              await until('the next stranger waits for the budget', async () => {
                const { reason } = await world.get(`/api/whatsapp/messages/${other.id}`);
                return reason.includes('budget of 2 first contacts');
              });
          });

    it('has both names in the receipt, and the address of the chat in every event', async () => {
      await using world = await start();
      const { body } = await world.call('POST', '/api/whatsapp/send', {
        chat_id: FORMS.alias,
        message: 'hi',
      });
      assert.deepEqual([body.chat_id, body.requested_chat_id, body.person], [LID, ALIAS, ANN]);
      await world.receive(LID, 'hello', { lid: LID, name: 'Ann' });
      const [event] = await world.events('message');
      assert.deepEqual([event.data.chat_id, event.data.person], [LID, { ...ANN, name: 'Ann' }]);
      world.bridge.behave = () => 'send_refused';
      const failed = await world.send(FORMS.number, 'refused');
      await world.reaches(failed.id, 'failed');
      const [failure] = await world.events('message_failed');
      const { chat_id, requested_chat_id, person } = failure.data;
      assert.deepEqual([chat_id, requested_chat_id, person], [LID, NUMBER, { ...ANN, name: 'Ann' }]);
    });

    it('is found by an alias that nobody has used, for which WhatsApp is asked once', async () => {
      await using world = await start();
      const { id } = await world.send(FORMS.number, 'hi');
      await world.reaches(id, 'sent');
      world.bridge.directory.set('15550000009@c.us', 'absent');
      for (const [form, found] of [
        [FORMS.alias, 1],
        ['15550000009', 0],
      ] as const) {
        const list = async () =>
          (await world.get(`/api/whatsapp/messages?chat_id=${encodeURIComponent(form)}`)).messages;
        assert.equal((await list()).length, found);
        const asked = world.bridge.resolveCalls.length;
        assert.equal((await list()).length, found);
        assert.equal(world.bridge.resolveCalls.length, asked);
      }
      world.bridge.isReady = false;
      assert.deepEqual((await world.get('/api/whatsapp/messages?chat_id=15550000010')).messages, []);
    });

    it('with an Idempotency-Key is the same recipient in every form', async () => {
      await using world = await start();
      const key = { 'idempotency-key': 'k' };
      const first = await world.send(FORMS.number, 'hi', key);
      await world.reaches(first.id, 'sent');
      for (const form of [FORMS.alias, FORMS.LID])
        assert.equal((await world.send(form, 'hi', key)).id, first.id);
      assert.equal((await world.send(FORMS.alias, 'ho', key)).code, 'key_reused');
      assert.equal((await world.send(STRANGER, 'hi', key)).code, 'key_reused');
      assert.equal(world.bridge.phone.length, 1);
    });

    it('whose chat moved from the number to the LID has no message twice in the log', async () => {
      await using world = await start();
      await world.receive(NUMBER, 'before');
      const [before] = await world.events('message');
      const stanza = before.whatsapp_id.split('_')[2];
      await world.post([messageFrom(LID, stanza, 'before', ANN), messageFrom(LID, 'NEW', 'after', ANN)]);
      await world.post([messageFrom(NUMBER, 'NEW', 'after', ANN)]);
      const bodies = (await world.events('message')).map(({ data }: { data: { body: string } }) => data.body);
      assert.deepEqual(bodies, ['before', 'after']);
    });

    it('of two accounts that are in one group has the messages of the group once for each account', async () => {
      await using world = await start();
      const group = '120363000000000001@g.us';
      const [a, b] = ['15550000000@c.us', '15557770000@c.us'];
      for (const account of [a, b, a, b])
        await world.post([messageFrom(group, 'G', 'to all', undefined, account)]);
      const accounts = (await world.events('message')).map(({ account }: { account: string }) => account);
      assert.deepEqual(accounts, [a, b]);
    });

    it('who is merged is told as an event, with what either was known by', async () => {
      await using world = await start();
      await world.receive(NUMBER, 'by number', { phone_number: ANN.phone_number, name: 'Ann' });
      await world.receive(LID, 'by LID');
      await world.receive(LID, 'with the pair', ANN);
      const merged = await world.events('person_merged');
      assert.deepEqual(
        merged.map(({ data }: { data: object }) => data),
        [{ chat_id: LID, person: { ...ANN, name: 'Ann' }, merged: { lid: LID } }],
      );
    });

    it('is found by every form among the people, and asked for again on request', async () => {
      await using world = await start();
      for (const id of [NUMBER, LID]) {
        const { status, body } = await world.call('GET', `/api/whatsapp/people/${id}`);
        assert.equal(status, 404);
        assert.ok(
          body.detail.includes(`/people/${id === LID ? LID : ANN.phone_number}/resolve`),
          body.detail,
        );
      }
      const asked = await world.call('POST', `/api/whatsapp/people/${ALIAS}/resolve`, {});
      assert.deepEqual([asked.status, asked.body.person, asked.body.chat_id], [200, ANN, LID]);
      for (const form of Object.values(FORMS)) {
        const { body } = await world.call('GET', `/api/whatsapp/people/${encodeURIComponent(form)}`);
        assert.deepEqual([body.person, body.known_as.toSorted()], [ANN, [LID, ALIAS, NUMBER].toSorted()]);
      }
      world.bridge.directory.set(NUMBER, 'absent');
      const gone = await world.call('POST', `/api/whatsapp/people/${NUMBER}/resolve`, {});
      assert.deepEqual([gone.status, gone.body.code], [422, 'recipient_not_on_whatsapp']);
      assert.match(gone.body.detail, /said so at/);
      assert.equal((await world.call('GET', '/api/whatsapp/people/120363000000000001@g.us')).status, 422);
    });
  });
});
