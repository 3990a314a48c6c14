import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { OpenEngine } from '../../../../services/api/store/store.ts';
import { Store } from '../../../../services/api/store/store.ts';
import type { BridgeEvent } from '../../../../services/contract/events.ts';
import type { Person } from '../../../../services/contract/person.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { messageFrom, PeopleWorld } from '../../../support/api/people-world.ts';

const SEED = Number(process.env.FC_SEED ?? Date.now() % 1_000_000);
const NUMBER = '554780000009@c.us';
const ALIAS = '5547980000009@c.us';
const LID = '200000000000009@lid';
const ANN = { phone_number: '554780000009', lid: LID };
const BOB = { phone_number: '5547980000009', lid: '200000000000002@lid' };
const GROUP = '120363000000000001@g.us';
const ME = { id: '15550000000@c.us', lid: '200000000000000@lid' };
const AT = '2026-01-01T00:00:00.000Z';

forEachDatabase((database) => {
  describe(`addresses of one person in events on ${database.name}`, () => {
    const start = async (openStore?: OpenEngine) => {
      const world = await PeopleWorld.start(openStore ?? (await database.fresh()));
      for (const id of [NUMBER, ALIAS]) world.bridge.directory.set(id, { chatId: LID, person: ANN });
      return world;
    };
    const ask = (world: PeopleWorld, id: string) =>
      world.call('POST', `/api/whatsapp/people/${id}/resolve`, {});

    it('are of the one person when WhatsApp keeps the chat under an alias of the number', async () => {
      await using world = await start();
      await world.receive(ALIAS, 'before it was asked who that is');
      await ask(world, ALIAS);
      await world.receive(ALIAS, 'after', { phone_number: BOB.phone_number, name: 'Ann' });
      const { people } = await world.get('/api/whatsapp/people');
      assert.deepEqual(
        people.map(({ person }: { person: Person }) => person),
        [{ ...ANN, name: 'Ann' }],
      );
      const [, event] = await world.events('message');
      assert.deepEqual([event.data.chat_id, event.data.person], [ALIAS, { ...ANN, name: 'Ann' }]);
    });

    it('note who wrote first under an alias, so that the answer is no first contact', async () => {
      await using world = await start();
      await ask(world, ALIAS);
      await world.receive(ALIAS, 'hi');
      const ann = await world.get(`/api/whatsapp/people/${encodeURIComponent(LID)}`);
      assert.ok(Date.parse(ann.first_received_at) > 0);
    });

    it('no longer lead from an alias to one person when WhatsApp names another for the number', async () => {
      await using world = await start();
      await ask(world, ALIAS);
      world.bridge.isReady = false;
      const { id } = await world.send(ALIAS, 'to whom has the number');
      world.bridge.directory.set(ALIAS, { chatId: BOB.lid, person: BOB });
      await world.receive(BOB.lid, 'this number is mine now', BOB);
      world.bridge.isReady = true;
      assert.deepEqual((await world.get(`/api/whatsapp/messages/${id}`)).person, BOB);
      const { body: ann } = await world.call('GET', `/api/whatsapp/people/${NUMBER}`);
      assert.deepEqual([ann.person, ann.known_as.includes(ALIAS)], [ANN, false]);
    });

    it('make no second event of one: whose message it is in a group, and who reacted to it', async () => {
      await using world = await start();
      await world.receive(LID, 'the pair', ANN);
      const bob = { author_person: BOB };
      await world.post([reaction(`false_${GROUP}_S_${NUMBER}`, `${BOB.phone_number}@c.us`, bob)]);
      await world.post([reaction(`false_${GROUP}_S_${LID}`, BOB.lid, bob)]);
      await world.post([reaction(`false_${GROUP}_S_${LID}`, `${BOB.phone_number}@c.us`)]);
      assert.equal((await world.events('reaction')).length, 1);
    });

    it('make no second event of one: the account itself, by number and by LID', async () => {
      await using world = await start();
      const account = ME.id;
      const ready = { state: 'ready' as const, since: AT, me: ME };
      await world.post([{ session: 'default', at: AT, account, key: 's', kind: 'state', data: ready }]);
      for (const id of [ME.id, ME.lid, ME.id])
        await world.post([{ ...ack(`true_${GROUP}_S_${id}`, GROUP), account }]);
      assert.equal((await world.events('ack')).length, 1);
    });

    it('take a key that is full of ids as one event, and hold nothing up', async () => {
      await using world = await start();
      await world.receive(LID, 'the pair', ANN);
      const text = Array.from({ length: 20_000 }, (_, index) => `${index}${LID}`).join();
      const event = reaction(`false_${NUMBER}_S`, NUMBER);
      const full = { ...event, key: `${event.key}${text}` };
      await world.post([full, { ...full, key: full.key.replaceAll(NUMBER, LID) }, reaction('x', LID)]);
      assert.equal((await world.events('reaction')).length, 2);
    });

    it('lead an acknowledgement to its message, which has an id of WhatsApp under the former address', async () => {
      const openStore = await database.fresh();
      const id = `3EB0${'B'.repeat(18)}`;
      await seed(openStore, id, `true_${NUMBER}_OTHER`);
      await using world = await start(openStore);
      await world.receive(LID, 'the pair', ANN);
      await world.post([ack(`true_${LID}_OTHER`, LID, 3)]);
      assert.equal((await world.get(`/api/whatsapp/messages/${id}`)).status, 'read');
    });

    it('give the same people and each event once, in any order and in batches of any size', async () => {
      await using world = await start();
      let turn = 0;
      const seen = fc.record({
        who: fc.nat(2),
        stanza: fc.nat(4),
        isByLid: fc.boolean(),
        isInGroup: fc.boolean(),
        hasName: fc.boolean(),
      });
      const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 8 });
      await fc.assert(
        fc.asyncProperty(fc.array(seen, { minLength: 1, maxLength: 12 }), sizes, async (all, cuts) => {
          turn += 1;
          const names = [1, 2, 3].map((one) => `${1_000_000 + turn * 10 + one}`);
          const events = all.map(({ who, stanza, isByLid, isInGroup, hasName }) => {
            const digits = names[who] ?? '';
            const person = { phone_number: `1555${digits}`, lid: `2000${digits}@lid` };
            const id = isByLid ? person.lid : `${person.phone_number}@c.us`;
            const named = { ...person, ...(hasName ? { name: 'A' } : {}) };
            const event = messageFrom(id, `T${turn}.${who}.${stanza}`, 'text', named);
            return isInGroup ? inGroup(event) : event;
          });
          for (let at = 0, cut = 0; at < events.length; cut += 1) {
            const size = cuts[cut % cuts.length] ?? 1;
            await world.post(events.slice(at, at + size));
            at += size;
          }
          await world.post(events.toReversed());
          const logged = (await world.events('message')).filter((event: { whatsapp_id: string }) =>
            event.whatsapp_id.includes(`_T${turn}.`),
          );
          assert.equal(
            logged.length,
            new Set(all.map(({ who, stanza, isInGroup }) => `${who} ${stanza} ${isInGroup}`)).size,
          );
          const { people } = await world.get('/api/whatsapp/people?limit=999');
          const found = people
            .map(({ person: { phone_number, lid } }: { person: Person }) => `${phone_number} ${lid}`)
            .filter((ids: string) => names.some((digits) => ids.includes(digits)));
          const expected = [...new Set(all.map(({ who }) => names[who]))].map(
            (digits) => `1555${digits} 2000${digits}@lid`,
          );
          assert.deepEqual(found.toSorted(), expected.toSorted());
          assert.deepEqual(await world.events('person_merged'), []);
        }),
        { seed: SEED, numRuns: 15 },
      );
    });
  });
});

function reaction(messageId: string, sender: string, people: { author_person?: Person } = {}): BridgeEvent {
  return {
    session: 'default',
    at: AT,
    kind: 'reaction',
    key: `reaction:${messageId}:${sender}:1:x`,
    whatsapp_id: messageId,
    data: { chat_id: messageId.split('_')[1] ?? sender, sender, reaction: 'x', timestamp: 1, ...people },
  };
}

function ack(id: string, chatId: string, number = 1): BridgeEvent {
  const data = { chat_id: chatId, stanza_id: id.split('_')[2] ?? '', ack: number };
  return { session: 'default', at: AT, kind: 'ack', key: `ack:${id}:${number}`, whatsapp_id: id, data };
}

/** The same message, written in a group. */
function inGroup(event: BridgeEvent): BridgeEvent {
  if (event.kind !== 'message') return event;
  const { person, ...data } = event.data;
  const id = `false_${GROUP}_${data.stanza_id}_${data.chat_id}`;
  const author = { author: data.chat_id, ...(person === undefined ? {} : { author_person: person }) };
  return {
    ...event,
    key: `message:${id}`,
    whatsapp_id: id,
    data: { ...data, id, chat_id: GROUP, ...author },
  };
}

/** A message in the outbox whose page did not take the id that the kit gave it. */
async function seed(openStore: OpenEngine, id: string, whatsappId: string): Promise<void> {
  const store = await Store.open(openStore, createLog('api', 'silent'));
  const now = Date.now();
  await store.write((db) =>
    db
      .insertInto('messages')
      .values({
        id,
        session: 'default',
        chat_id: NUMBER,
        whatsapp_id: whatsappId,
        kind: 'text',
        content: JSON.stringify({ kind: 'text', text: 'hello' }),
        state: 'sent',
        accepted_at: now,
        dispatched_at: now,
        expires_at: now + 86_400_000,
        next_try_at: 0,
      })
      .execute(),
  );
  await store.close();
}
