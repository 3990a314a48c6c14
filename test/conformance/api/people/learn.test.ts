import assert from 'node:assert/strict';
import fc from 'fast-check';
import { claimPeople } from '../../../../services/api/people/claim-people.ts';
import { findPerson } from '../../../../services/api/people/known-people.ts';
import { learnAnswer, learnPerson, type Sighting } from '../../../../services/api/people/learn-people.ts';
import { keyMessages, recipientOf } from '../../../../services/api/people/recipients.ts';
import { Store } from '../../../../services/api/store/store.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { forEachDatabase } from '../../../support/api/databases.ts';

const SCOPE = { session: 'default', account: '15550000000@c.us' };
const SEED = Number(process.env.FC_SEED ?? Date.now() % 1_000_000);
const PEOPLE = [1, 2, 3].map((one) => ({
  phone_number: `1555000000${one}`,
  lid: `20000000000000${one}@lid`,
}));
const [ANN = { phone_number: '', lid: '' }, BOB = ANN] = PEOPLE;

forEachDatabase((database) => {
  describe(`people on ${database.name}`, () => {
    const open = async () => Store.open(await database.fresh(), createLog('api', 'silent'));
    const learn = (store: Store, sighting: Sighting, scope = SCOPE) =>
      store.write((db, dialect) => learnPerson(db, dialect, scope, sighting, 1_000));
    const rows = (store: Store) =>
      store.read((db) => db.selectFrom('people').selectAll().orderBy('id').execute());
    const eventsOf = (store: Store) =>
      store.read((db) => db.selectFrom('events').selectAll().orderBy('seq').execute());
    const queue = (store: Store, id: string, chatId: string) =>
      store.write(async (db, dialect) => {
        const row = {
          id,
          session: 'default',
          account: SCOPE.account,
          chat_id: chatId,
          kind: 'text',
          content: '{}',
        };
        await db
          .insertInto('messages')
          .values({ ...row, state: 'queued', accepted_at: 1, expires_at: 9_000_000_000_000, next_try_at: 0 })
          .execute();
        const recipient = await recipientOf(db, dialect, SCOPE, chatId, 1_000);
        if (recipient.kind === 'known') await keyMessages(db, SCOPE, chatId, recipient.key);
      });
    const keyOf = async (store: Store, id: string) =>
      (
        await store.read((db) =>
          db.selectFrom('messages').selectAll().where('id', '=', id).executeTakeFirst(),
        )
      )?.chat_key;

    it('are the same whatever is seen of them, and in whatever order', async () => {
      const half = fc.constantFrom('number', 'lid', 'both');
      const sightings = fc.array(fc.tuple(fc.constantFrom(...PEOPLE), half), { minLength: 1, maxLength: 12 });
      await fc.assert(
        fc.asyncProperty(sightings, async (seen) => {
          const store = await open();
          try {
            for (const [{ phone_number, lid }, part] of seen) {
              const person =
                part === 'number' ? { phone_number } : part === 'lid' ? { lid } : { phone_number, lid };
              await learn(store, { person });
            }
            // In the end WhatsApp has said every pair.
            for (const person of PEOPLE) await learn(store, { person });
            const found = (await rows(store)).map(({ phone_number, lid }) => ({ phone_number, lid }));
            assert.deepEqual(
              found.toSorted((left, right) => ((left.lid ?? '') < (right.lid ?? '') ? -1 : 1)),
              PEOPLE,
            );
            // Each merge is told, and nothing else.
            const halves = new Set(
              seen.filter(([, part]) => part !== 'both').map(([{ lid }, part]) => `${lid} ${part}`),
            );
            const merges = await eventsOf(store);
            assert.ok(merges.every(({ type }) => type === 'person_merged'));
            assert.ok(merges.length <= halves.size / 2);
          } finally {
            await store.close();
          }
        }),
        { seed: SEED, numRuns: 40 },
      );
    });

    it('that turn out to be one keep what was written to either, and when each was first written to', async () => {
      const store = await open();
      await learn(store, {
        person: { phone_number: ANN.phone_number },
        address: `${ANN.phone_number}@c.us`,
        sentAt: 300,
      });
      await learn(store, { person: { lid: ANN.lid, name: 'Ann' }, address: ANN.lid, receivedAt: 200 });
      await queue(store, 'A', `${ANN.phone_number}@c.us`);
      await queue(store, 'B', ANN.lid);
      assert.notEqual(await keyOf(store, 'A'), await keyOf(store, 'B'));
      await learn(store, { person: ANN });
      const [ann, ...others] = await rows(store);
      assert.deepEqual(others, []);
      assert.deepEqual(
        [ann?.phone_number, ann?.lid, ann?.name, ann?.address, ann?.first_sent_at, ann?.first_received_at],
        [ANN.phone_number, ANN.lid, 'Ann', ANN.lid, 300, 200],
      );
      assert.equal(await keyOf(store, 'A'), `person:${ann?.id}`);
      assert.equal(await keyOf(store, 'B'), `person:${ann?.id}`);
      const [event] = await eventsOf(store);
      assert.deepEqual(JSON.parse(event?.data ?? ''), {
        chat_id: ANN.lid,
        person: { ...ANN, name: 'Ann' },
        merged: { lid: ANN.lid, name: 'Ann' },
      });
      assert.equal(event?.account, SCOPE.account);
      await store.close();
    });

    it('keep every message when an answer joins one who was assumed before with one who is known', async () => {
      const store = await open();
      const alias = '15550000009@c.us';
      await learn(store, { person: { phone_number: '15550000009' } });
      const assumed = (await rows(store))[0]?.id ?? 0;
      await queue(store, 'A', alias);
      await store.write((db) => keyMessages(db, SCOPE, alias, `person:${assumed}`));
      await learn(store, { person: ANN, address: ANN.lid, isPresent: true });
      await queue(store, 'B', ANN.lid);
      await store.write((db, dialect) =>
        learnAnswer(db, dialect, SCOPE, alias, { person: ANN, address: ANN.lid, isPresent: true }, 2_000),
      );
      assert.deepEqual(
        (await rows(store)).map(({ id, phone_number, lid }) => ({ id, phone_number, lid })),
        [{ id: assumed, ...ANN }],
      );
      assert.deepEqual(
        [await keyOf(store, 'A'), await keyOf(store, 'B')],
        [`person:${assumed}`, `person:${assumed}`],
      );
      const known = await store.read((db) => findPerson(db, SCOPE, alias));
      assert.equal(known?.person?.id, assumed);
      await store.close();
    });

    it('whose number goes to another LID lose it, with what was accepted for the number and not sent', async () => {
      const store = await open();
      await learn(store, { person: ANN, address: ANN.lid });
      await queue(store, 'to the number', `${ANN.phone_number}@c.us`);
      await queue(store, 'to the LID', ANN.lid);
      const heir = await learn(store, {
        person: { phone_number: ANN.phone_number, lid: BOB.lid },
        address: BOB.lid,
      });
      assert.equal(await keyOf(store, 'to the number'), `person:${heir.id}`);
      assert.notEqual(await keyOf(store, 'to the LID'), `person:${heir.id}`);
      assert.deepEqual(
        (await rows(store)).map(({ phone_number, lid }) => [phone_number, lid]),
        [
          [null, ANN.lid],
          [ANN.phone_number, BOB.lid],
        ],
      );
      assert.deepEqual(await eventsOf(store), []);
      await store.close();
    });

    it('who get another number are asked for again under every form of the former one', async () => {
      const store = await open();
      await store.write((db, dialect) =>
        learnAnswer(
          db,
          dialect,
          SCOPE,
          '5547980000009@c.us',
          { person: ANN, address: ANN.lid, isPresent: true },
          1_000,
        ),
      );
      const before = await store.read((db) => findPerson(db, SCOPE, '5547980000009@c.us'));
      assert.equal(before?.person?.lid, ANN.lid);
      await learn(store, { person: { phone_number: '15559990000', lid: ANN.lid } });
      assert.equal(await store.read((db) => findPerson(db, SCOPE, '5547980000009@c.us')), undefined);
      assert.equal(await store.read((db) => findPerson(db, SCOPE, `${ANN.phone_number}@c.us`)), undefined);
      await store.close();
    });

    it('have the address that WhatsApp says now: an old message does not take it back to the number', async () => {
      const store = await open();
      await learn(store, { person: ANN, address: `${ANN.phone_number}@c.us` });
      await learn(store, { person: ANN, address: ANN.lid });
      await learn(store, { person: ANN, address: `${ANN.phone_number}@c.us` });
      assert.equal((await rows(store))[0]?.address, ANN.lid);
      await learn(store, { person: ANN, address: `${ANN.phone_number}@c.us`, isPresent: true });
      assert.equal((await rows(store))[0]?.address, `${ANN.phone_number}@c.us`);
      await store.close();
    });

    it('of each account are people of their own', async () => {
      const store = await open();
      const other = { ...SCOPE, account: '15557770000@c.us' };
      await learn(store, { person: ANN, receivedAt: 1 });
      await learn(store, { person: ANN, sentAt: 2 }, other);
      assert.deepEqual(
        (await rows(store)).map(({ account, first_sent_at, first_received_at }) => [
          account,
          first_sent_at,
          first_received_at,
        ]),
        [
          [SCOPE.account, null, 1],
          [other.account, 2, null],
        ],
      );
      await store.close();
    });

    it('from before an account was known belong to the first one, which keeps its own', async () => {
      const store = await open();
      const nobody = { ...SCOPE, account: '' };
      await learn(store, { person: ANN, receivedAt: 1 }, nobody);
      await learn(store, { person: BOB, receivedAt: 1 }, nobody);
      const own = await learn(store, { person: ANN, sentAt: 2 });
      await store.write((db) => claimPeople(db, 'default', SCOPE.account));
      const found = await rows(store);
      assert.ok(found.every(({ account }) => account === SCOPE.account));
      assert.deepEqual(found.map(({ lid }) => lid).toSorted(), [ANN.lid, BOB.lid]);
      assert.equal(found.find(({ lid }) => lid === ANN.lid)?.id, own.id);
      await store.close();
    });
  });
});
