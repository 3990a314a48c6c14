import assert from 'node:assert/strict';
import { AccountWatch } from '../../../../services/api/account/link/account-watch.ts';
import { fillIn } from '../../../../services/api/account/link/fill-in.ts';
import { currentAccount, isChanged } from '../../../../services/api/account/linked-account.ts';
import { EventLog } from '../../../../services/api/events/event-log.ts';
import type { BridgeStatus } from '../../../../services/contract/bridge.ts';
import type { Account } from '../../../../services/contract/person.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import {
  A,
  accountsOf,
  B,
  linked,
  moment,
  newsOf,
  stateOf,
  take,
  unlinked,
} from '../../../support/api/account/accounts.ts';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { OutboxWorld } from '../../../support/api/outbox/outbox-world.ts';

const ANN = '15550000001@c.us';

forEachDatabase((database) => {
  describe(`the accounts of a session, on ${database.name}`, () => {
    let world: OutboxWorld;
    beforeEach(async () => {
      world = await OutboxWorld.start(await database.fresh());
    });
    afterEach(() => world[Symbol.asyncDispose]());

    const ids = async () => {
      const { owner, linked: now } = await accountsOf(world.store);
      return [owner?.id, now?.id];
    };

    it('are unknown before the first link, and belong to the first account that is linked', async () => {
      assert.equal(currentAccount(await accountsOf(world.store)), '');
      await take(world.store, unlinked(1));
      assert.deepEqual(await ids(), [undefined, undefined]);
      await take(world.store, linked(A, 2));
      assert.deepEqual(await ids(), [A.id, A.id]);
      assert.deepEqual(await newsOf(world.store), []);
    });

    it('keep their owner while no phone is linked, and while the session is only away', async () => {
      await take(world.store, linked(A, 1), stateOf('disconnected', 2));
      assert.deepEqual(await ids(), [A.id, A.id]);
      await take(world.store, unlinked(3));
      assert.deepEqual(await ids(), [A.id, undefined]);
      assert.equal(isChanged(await accountsOf(world.store)), false);
    });

    it('differ from the moment at which another account is linked, with one event that names both', async () => {
      await take(world.store, linked(A, 1), unlinked(2), linked(B, 3), linked(B, 4));
      assert.deepEqual(await ids(), [A.id, B.id]);
      assert.deepEqual(await newsOf(world.store), [[B.id]]);
      const event = await world.store.read((db) =>
        db
          .selectFrom('events')
          .select(['account', 'data'])
          .where('type', '=', 'account_changed')
          .executeTakeFirstOrThrow(),
      );
      const data = JSON.parse(event.data);
      assert.deepEqual([event.account, data.owner, data.linked], [B.id, A, B]);
      assert.match(data.reason, /15557770000 \(B\) is linked.*15551110000 \(Shop\).*adopt.*cancel/);
    });

    it('are said to differ once, however often the same account is unlinked and linked again', async () => {
      await take(world.store, linked(A, 1), unlinked(2), linked(B, 3), unlinked(4), linked(B, 5));
      assert.deepEqual(await newsOf(world.store), [[B.id]]);
      assert.equal(isChanged(await accountsOf(world.store)), true);
    });

    it('are the same again when the owner returns, with an event', async () => {
      await take(world.store, linked(A, 1), unlinked(2), linked(B, 3), unlinked(4), linked(A, 5));
      assert.deepEqual(await ids(), [A.id, A.id]);
      assert.deepEqual(await newsOf(world.store), [[B.id], [A.id, 'returned']]);
      await take(world.store, unlinked(6), linked(B, 7));
      assert.deepEqual(await newsOf(world.store), [[B.id], [A.id, 'returned'], [B.id]]);
    });

    it('are compared by the number: another name or LID is the same account', async () => {
      await take(world.store, linked(A, 1), linked({ id: A.id, name: 'Shop 2', lid: '77@lid' }, 2));
      assert.deepEqual(await newsOf(world.store), []);
      assert.equal((await accountsOf(world.store)).owner?.name, 'Shop 2');
    });

    it('keep a name that a later sighting leaves out', async () => {
      await take(world.store, linked(A, 1), linked({ id: A.id }, 2));
      assert.equal((await accountsOf(world.store)).linked?.name, A.name);
    });

    it('are not changed by an id that no column takes', async () => {
      await take(world.store, linked({ id: 'a\0b' }, 1), linked({ id: 'x'.repeat(200) }, 2));
      assert.deepEqual(await ids(), [undefined, undefined]);
    });

    it('give messages without an account to the first one, in every state in which they wait', async () => {
      const queued = await world.queue(ANN, 'queued');
      const scheduled = await world.queue(ANN, 'later', { state: 'scheduled', sendAt: Date.now() + 9e6 });
      const sending = await world.queue(ANN, 'perhaps', { state: 'sending', dispatchedAt: Date.now() });
      const sent = await world.queue(ANN, 'sent', { state: 'sent' });
      await take(world.store, linked(A, 1));
      for (const id of [queued, scheduled, sending]) assert.equal((await world.find(id)).account, A.id);
      assert.equal((await world.find(sent)).account, undefined);
    });

    it('give what was accepted while none was linked to the owner, whichever account comes next', async () => {
      await take(world.store, linked(A, 1), unlinked(2));
      const id = await world.queue(ANN, 'from A, please');
      await take(world.store, linked(B, 3));
      assert.equal((await world.find(id)).account, A.id);
    });

    it('leave the messages of another session alone', async () => {
      const id = await world.queue(ANN, 'of another');
      await world.store.write((db) =>
        db.updateTable('messages').set({ session: 'other' }).where('id', '=', id).execute(),
      );
      await take(world.store, linked(A, 1));
      assert.equal(await world.store.write((db) => fillIn(db, 'default', A)), 0);
      assert.equal((await world.find(id)).account, undefined);
    });

    describe('as the status of the bridge says them', () => {
      let status: BridgeStatus;
      let onAsked: () => Promise<void>;
      let watch: AccountWatch;
      const says = (me: Account | undefined, at: number) => {
        status = {
          session: 'default',
          state: me === undefined ? 'qr' : 'ready',
          since: moment(at),
          whatsapp_ready: me !== undefined,
          ...(me === undefined ? {} : { me }),
          restarts: 0,
          events_waiting: 0,
        };
      };
      beforeEach(() => {
        onAsked = async () => undefined;
        const bridge = {
          status: async () => {
            await onAsked();
            return status;
          },
        };
        const { store } = world;
        watch = new AccountWatch({
          session: 'default',
          store,
          bridge,
          events: new EventLog(store),
          log: createLog('api', 'silent'),
        });
      });

      it('are noted as an event of that moment would be', async () => {
        await take(world.store, linked(A, 1));
        says(B, 3);
        await watch.status();
        assert.deepEqual(await newsOf(world.store), [[B.id]]);
        assert.equal(watch.isChanged, true);
        assert.match(watch.reason ?? '', /account_changed: 15557770000/);
      });

      it('are not set back by events of an earlier moment that come late', async () => {
        await take(world.store, linked(A, 1));
        says(B, 5);
        await watch.status();
        await take(world.store, unlinked(2), linked(A, 3), unlinked(4));
        assert.deepEqual(await ids(), [A.id, B.id]);
        assert.deepEqual(await newsOf(world.store), [[B.id]]);
        await take(world.store, linked(B, 5), unlinked(6));
        assert.deepEqual(await ids(), [A.id, undefined]);
      });

      it('follow events again once one of them is newer, also of a clock that was set back after that', async () => {
        await take(world.store, linked(A, 1));
        says(B, 5);
        await watch.status();
        await take(world.store, linked(B, 5), unlinked(2), linked(A, 3));
        assert.deepEqual(await ids(), [A.id, A.id]);
      });

      it('are left alone by an answer that an event has overtaken', async () => {
        await take(world.store, linked(A, 1));
        says(A, 1);
        onAsked = () => take(world.store, unlinked(2), linked(B, 3));
        await watch.status();
        assert.deepEqual(await ids(), [A.id, B.id]);
        assert.deepEqual(await newsOf(world.store), [[B.id]]);
      });

      it('are to be asked for again where doubt came while the bridge was asked', async () => {
        says(A, 1);
        const asked = watch.status();
        watch.doubt();
        await asked;
        assert.equal(watch.mustAsk, true);
        await watch.status();
        assert.equal(watch.mustAsk, false);
      });

      it('are unlinked when the bridge shows a code', async () => {
        await take(world.store, linked(A, 1));
        says(undefined, 2);
        await watch.status();
        assert.deepEqual(await ids(), [A.id, undefined]);
      });
    });
  });
});
