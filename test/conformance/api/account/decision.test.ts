import assert from 'node:assert/strict';
import type { Decision } from '../../../../services/api/account/linked-account.ts';
import type { MessageContent } from '../../../../services/contract/content.ts';
import { KitError } from '../../../../services/contract/errors.ts';
import { A, accountsOf, B, linked, newsOf, take, unlinked } from '../../../support/api/account/accounts.ts';
import { deciderOf } from '../../../support/api/account/deciding.ts';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { OutboxWorld, type QueueOptions } from '../../../support/api/outbox/outbox-world.ts';

const ANN = '15550000001@c.us';
const BEN = '15550000002@c.us';
const C = { id: '15559990000@c.us' };

forEachDatabase((database) => {
  describe(`the decision about another account, on ${database.name}`, () => {
    let world: OutboxWorld;
    beforeEach(async () => {
      world = await OutboxWorld.start(await database.fresh(), undefined, { lookMs: 20 });
      world.bridge.me = B;
      await take(world.store, linked(A, 1), unlinked(2), linked(B, 3));
    });
    afterEach(() => world[Symbol.asyncDispose]());

    const decide = async (decision: Decision, expected?: string) => {
      const { settled, failed, ended_unknown } = await deciderOf(world).decide(decision, expected);
      return { settled, failed, ended_unknown };
    };
    const ofA = (chatId: string, text: string, more: QueueOptions = {}) =>
      world.queue(chatId, text, { account: A.id, ...more });
    const refusalOf = async (decision: Promise<unknown>) => {
      const error = await decision.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      assert.ok(error instanceof KitError, String(error));
      return error;
    };
    const failures = () =>
      world.store.read((db) =>
        db.selectFrom('events').select('key').where('type', '=', 'message_failed').orderBy('seq').execute(),
      );

    describe('adopt', () => {
      it('sends what waits from the account that is linked, in order, before what that one accepted', async () => {
        const first = await ofA(ANN, 'one', { nextTryAt: Date.now() + 3_600_000 });
        const second = await ofA(ANN, 'two');
        const third = await world.queue(ANN, 'three of B', { account: B.id });
        world.dispatcher.start();
        assert.deepEqual(await decide('adopt', B.id), { settled: 2, failed: 0, ended_unknown: 0 });
        for (const id of [first, second, third]) await world.reaches(id, 'sent');
        assert.deepEqual(world.bridge.textsOf(ANN), ['one', 'two', 'three of B']);
        assert.deepEqual([...world.bridge.sentFrom.values()], [B.id, B.id, B.id]);
        assert.deepEqual(await newsOf(world.store), [[B.id], [B.id, 'adopt']]);
        assert.equal((await accountsOf(world.store)).owner?.id, B.id);
      });

      it('takes scheduled messages over, and those of no account', async () => {
        const sendAt = Date.now() + 3_600_000;
        const scheduled = await ofA(ANN, 'later', { state: 'scheduled', sendAt });
        const none = await world.queue(BEN, 'of none');
        assert.equal((await decide('adopt')).settled, 2);
        const later = await world.find(scheduled);
        assert.deepEqual([later.account, later.state, later.sendAt], [B.id, 'scheduled', sendAt]);
        assert.equal((await world.find(none)).account, B.id);
      });

      it('forgets whose chat it was: each account has people of its own', async () => {
        const id = await ofA(ANN, 'one');
        await world.store.write((db) =>
          db.updateTable('messages').set({ chat_key: 'person:7' }).where('id', '=', id).execute(),
        );
        await decide('adopt');
        assert.equal((await world.find(id)).chatKey, undefined);
      });

      it('never sends again what may have been sent, and says from which account', async () => {
        const id = await ofA(ANN, 'perhaps', { state: 'sending', dispatchedAt: 1 });
        assert.deepEqual(await decide('adopt'), { settled: 0, failed: 0, ended_unknown: 1 });
        const ended = await world.find(id);
        assert.deepEqual([ended.state, ended.errorCode], ['failed', 'outcome_unknown']);
        assert.match(
          ended.reason ?? '',
          /may have been sent from 15551110000, so it is not sent from 15557770000/,
        );
        assert.deepEqual(await failures(), [{ key: `message_failed:${id}` }]);
        assert.deepEqual(world.bridge.calls, []);
      });

      it('fails what refers to a message that stays with the other account, and keeps what refers to an adopted one', async () => {
        const before = await ofA(ANN, 'sent from A', { state: 'sent' });
        const perhaps = await ofA(BEN, 'perhaps', { state: 'sending', dispatchedAt: 1 });
        const waiting = await ofA('15550000003@c.us', 'waits');
        const contents = (target: string): MessageContent[] => [
          { kind: 'reaction', target, emoji: '👍' },
          { kind: 'edit', target, text: 'x' },
          { kind: 'delete', target },
          { kind: 'text', text: 'answer', reply_to: target },
        ];
        const queueAll = async (target: string) => {
          const ids = [];
          for (const content of contents(target)) ids.push(await ofA(ANN, '', { content }));
          return ids;
        };
        const left = [
          ...(await queueAll(before)),
          ...(await queueAll(perhaps)),
          ...(await queueAll(`false_${ANN}_3EB0000000000000000001`)),
        ];
        const kept = await queueAll(waiting);
        const { failed, settled } = await decide('adopt');
        assert.deepEqual([failed, settled], [left.length, kept.length + 1]);
        for (const id of left) {
          const { state, errorCode, reason } = await world.find(id);
          assert.deepEqual([state, errorCode], ['failed', 'account_changed']);
          assert.match(reason ?? '', /it refers to message .* of the account 15551110000/);
        }
        for (const id of kept) assert.equal((await world.find(id)).state, 'queued');
      });

      it('ends a message that was canceled while its attempt sent nothing', async () => {
        const id = await ofA(ANN, 'unwanted');
        await world.store.write((db) =>
          db.updateTable('messages').set({ cancel_at: 1 }).where('id', '=', id).execute(),
        );
        await decide('adopt');
        assert.equal((await world.find(id)).state, 'canceled');
      });
    });

    describe('cancel', () => {
      it('cancels what was not sent, with one event each, and lets what the linked account accepted go out', async () => {
        const ids = [
          await ofA(ANN, 'one'),
          await ofA(ANN, 'later', { state: 'scheduled', sendAt: Date.now() + 3_600_000 }),
          await world.queue(BEN, 'of none'),
        ];
        const perhaps = await ofA(BEN, 'perhaps', { state: 'sending', dispatchedAt: 1 });
        const ofB = await world.queue(ANN, 'of B', { account: B.id });
        world.dispatcher.start();
        assert.deepEqual(await decide('cancel', B.id), { settled: 3, failed: 0, ended_unknown: 1 });
        await world.reaches(ofB, 'sent');
        assert.deepEqual(world.bridge.textsOf(ANN), ['of B']);
        for (const id of ids) {
          const { state, errorCode, reason } = await world.find(id);
          assert.deepEqual([state, errorCode], ['canceled', 'message_canceled']);
          assert.match(
            reason ?? '',
            /belonged to the account 15551110000; 15557770000 was linked in its place/,
          );
        }
        assert.equal((await world.find(perhaps)).errorCode, 'outcome_unknown');
        assert.equal((await failures()).length, 4);
        assert.deepEqual(await newsOf(world.store), [[B.id], [B.id, 'cancel']]);
      });

      it('leaves no account’s messages behind after several changes', async () => {
        await ofA(ANN, 'one');
        await take(world.store, unlinked(4), linked(C, 5));
        const ofB = await world.queue(ANN, 'of B', { account: B.id });
        assert.equal((await decide('cancel')).settled, 2);
        assert.equal((await world.find(ofB)).state, 'canceled');
        assert.equal((await accountsOf(world.store)).owner?.id, C.id);
      });
    });

    it('is refused without a change, and names what was decided', async () => {
      await decide('cancel');
      const again = await refusalOf(decide('cancel'));
      assert.equal(again.code, 'account_unchanged');
      assert.match(again.message, /belongs to 15557770000 \(B\).*cancel was carried out at \d{4}-/);
      await take(world.store, unlinked(4));
      assert.equal((await refusalOf(decide('adopt'))).code, 'account_unchanged');
    });

    it('is refused when another account is linked than the operator has seen', async () => {
      const id = await ofA(ANN, 'one');
      assert.equal((await refusalOf(decide('adopt', C.id))).code, 'account_changed');
      await take(world.store, unlinked(4));
      assert.match((await refusalOf(decide('adopt', B.id))).message, /no account is linked now/);
      assert.equal((await world.find(id)).account, A.id);
    });
  });
});
