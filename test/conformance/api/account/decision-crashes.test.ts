import assert from 'node:assert/strict';
import { beginDecision, stepDecision } from '../../../../services/api/account/decision/decision-steps.ts';
import { START } from '../../../../services/api/account/decision/settle-messages.ts';
import { A, accountsOf, B, linked, newsOf, take, unlinked } from '../../../support/api/account/accounts.ts';
import { deciderOf } from '../../../support/api/account/deciding.ts';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { OutboxWorld } from '../../../support/api/outbox/outbox-world.ts';
import { until } from '../../../support/until.ts';

const ANN = '15550000001@c.us';

forEachDatabase((database) => {
  describe(`the decision about another account, when something comes between, on ${database.name}`, () => {
    let world: OutboxWorld;
    beforeEach(async () => {
      world = await OutboxWorld.start(await database.fresh(), undefined, { lookMs: 20 });
      world.bridge.me = B;
      await take(world.store, linked(A, 1), unlinked(2), linked(B, 3));
    });
    afterEach(() => world[Symbol.asyncDispose]());

    const queue = (chatId: string, text: string) => world.queue(chatId, text, { account: A.id });
    const failures = () =>
      world.store.read((db) =>
        db.selectFrom('events').select('key').where('type', '=', 'message_failed').execute(),
      );

    it('gives two operators who press at once one result', async () => {
      for (let turn = 0; turn < 600; turn += 1) await queue(`1555000${1000 + (turn % 50)}@c.us`, 'x');
      const press = () => deciderOf(world).decide('cancel', undefined);
      const results = await Promise.all([press(), press()]);
      assert.deepEqual(
        results.map(({ settled, previous }) => [settled, previous.id]),
        Array(2).fill([600, A.id]),
      );
      assert.equal((await failures()).length, 600);
      assert.deepEqual(await newsOf(world.store), [[B.id], [B.id, 'cancel']]);
    });

    it('leaves no message without an account behind that an earlier release has accepted', async () => {
      const decider = deciderOf(world);
      await decider.decide('adopt', undefined);
      const id = await world.queue(ANN, 'of an earlier release');
      decider.start();
      await decider.close();
      assert.equal((await world.find(id)).account, B.id);
    });

    it('cannot be both', async () => {
      await queue(ANN, 'one');
      await world.store.write((db, dialect) => beginDecision(db, dialect, 'default', 'adopt', undefined));
      await assert.rejects(deciderOf(world).decide('cancel', undefined), { code: 'account_changed' });
    });

    for (const decision of ['adopt', 'cancel'] as const)
      it(`goes on after a crash in the midst of ${decision}, counts each message once, and sends nothing before its end`, async () => {
        for (let turn = 0; turn < 400; turn += 1) await queue(`1555000${1000 + (turn % 40)}@c.us`, 'x');
        await world.store.write(async (db, dialect) => {
          await beginDecision(db, dialect, 'default', decision, undefined);
          const step = await stepDecision(db, dialect, 'default', B, START, Date.now());
          assert.equal(step.kind, 'more');
        });
        await world.restart();
        world.dispatcher.start();
        await until('it holds', () => world.dispatcher.isAccountChanged);
        assert.deepEqual(world.bridge.calls, []);
        const decider = deciderOf(world);
        decider.start();
        await until('it is carried out', async () => (await accountsOf(world.store)).owner?.id === B.id);
        await decider.close();
        const { decided, deciding } = await accountsOf(world.store);
        assert.deepEqual([decided?.decision, decided?.settled, deciding], [decision, 400, undefined]);
        const waiting = async () =>
          world.store.read((db) =>
            db.selectFrom('messages').select('state').where('state', 'in', ['queued', 'sending']).execute(),
          );
        await until('nothing waits any more', async () => (await waiting()).length === 0);
        assert.equal(world.bridge.phone.length, decision === 'adopt' ? 400 : 0);
      });

    it('stops where the first account returns in the midst of it, and nothing goes out from the wrong one', async () => {
      for (let turn = 0; turn < 300; turn += 1) await queue(`1555000${1000 + (turn % 30)}@c.us`, 'x');
      await world.store.write(async (db, dialect) => {
        await beginDecision(db, dialect, 'default', 'adopt', undefined);
        await stepDecision(db, dialect, 'default', B, START, Date.now());
      });
      world.bridge.me = A;
      await take(world.store, unlinked(4), linked(A, 5));
      const decider = deciderOf(world);
      decider.start();
      await decider.close();
      world.dispatcher.start();
      await until('the rest has gone out', () => world.bridge.phone.length === 50);
      assert.deepEqual(new Set(world.bridge.sentFrom.values()), new Set([A.id]));
      assert.equal((await accountsOf(world.store)).deciding, undefined);
    });
  });
});
