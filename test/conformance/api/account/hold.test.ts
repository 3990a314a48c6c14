import assert from 'node:assert/strict';
import { A, accountsOf, B, linked, newsOf, take, unlinked } from '../../../support/api/account/accounts.ts';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { OutboxWorld } from '../../../support/api/outbox/outbox-world.ts';
import { until } from '../../../support/until.ts';

const ANN = '15550000001@c.us';
const BEN = '15550000002@c.us';
const TIMES = { lookMs: 20, lookGraceMs: 0 };

forEachDatabase((database) => {
  describe(`outbox, while another account is linked, on ${database.name}`, () => {
    let world: OutboxWorld;
    beforeEach(async () => {
      world = await OutboxWorld.start(await database.fresh(), undefined, TIMES);
      world.bridge.me = A;
    });
    afterEach(() => world[Symbol.asyncDispose]());

    const relink = async (at: number) => {
      world.bridge.me = B;
      await take(world.store, unlinked(at), linked(B, at + 1));
      world.dispatcher.sessionReady();
    };
    const returnToA = async (at: number) => {
      world.bridge.me = A;
      await take(world.store, unlinked(at), linked(A, at + 1));
      world.dispatcher.sessionReady();
    };
    const isHeld = () => until('the dispatcher holds', () => world.dispatcher.isAccountChanged);
    /** Waits for looks of the dispatcher: each asks the bridge first, and the next begins after what it has sent. */
    const looksAround = async () => {
      for (let look = 0; look < 3; look += 1) {
        const before = world.bridge.statusCalls;
        world.dispatcher.sessionReady();
        await until('it has looked', () => world.bridge.statusCalls > before);
      }
    };

    it('sends nothing, looks for nothing and begins nothing, whatever the kind', async () => {
      await take(world.store, linked(A, 1));
      const now = Date.now();
      const target = await world.queue(BEN, 'sent before', { state: 'sent', account: A.id });
      const ids = [
        await world.queue(ANN, 'of A', { account: A.id }),
        await world.queue(BEN, 'of B', { account: B.id }),
        await world.queue('15550000003@c.us', 'of none'),
        await world.queue('15550000004@c.us', 'due', { state: 'scheduled', sendAt: now, account: A.id }),
        await world.queue(BEN, '', { content: { kind: 'reaction', target, emoji: '👍' }, account: A.id }),
        await world.queue(BEN, '', { content: { kind: 'edit', target, text: 'x' }, account: A.id }),
        await world.queue(BEN, '', { content: { kind: 'delete', target }, account: A.id }),
        await world.queue('15550000005@c.us', 'perhaps', {
          state: 'sending',
          dispatchedAt: now,
          account: A.id,
        }),
      ];
      await relink(2);
      world.dispatcher.start();
      await isHeld();
      await looksAround();
      assert.deepEqual([world.bridge.calls, world.bridge.resolveCalls], [[], []]);
      for (const id of ids) assert.match((await world.find(id)).state, /^(queued|sending|scheduled)$/);
      assert.match(world.dispatcher.whyWaiting ?? '', /15557770000 \(B\) is linked/);
    });

    it('lets expires_at end what waits, and what may have been sent', async () => {
      await take(world.store, linked(A, 1));
      await relink(2);
      const queued = await world.queue(ANN, 'waits', { account: A.id });
      const sending = await world.queue(BEN, 'perhaps', { state: 'sending', dispatchedAt: 1, account: A.id });
      world.dispatcher.start();
      await isHeld();
      await world.expire(queued);
      await world.expire(sending);
      await world.reaches(queued, 'expired');
      assert.equal((await world.reaches(sending, 'failed')).errorCode, 'outcome_unknown');
      assert.deepEqual(world.bridge.calls, []);
    });

    it('asks the bridge before its first send: an api that was away has missed the change', async () => {
      await take(world.store, linked(A, 1));
      world.bridge.me = B;
      const id = await world.queue(ANN, 'of A', { account: A.id });
      world.dispatcher.start();
      await isHeld();
      assert.deepEqual(await newsOf(world.store), [[B.id]]);
      assert.deepEqual(world.bridge.calls, []);
      assert.equal((await world.find(id)).state, 'queued');
    });

    it('asks the bridge when a page is ready, although nothing waits: its event may not name the account', async () => {
      world.dispatcher.start();
      world.dispatcher.sessionReady();
      await until('the account is known', async () => (await accountsOf(world.store)).owner?.id === A.id);
    });

    it('believes the bridge that refuses: the message is certainly unsent, waits, and can be canceled', async () => {
      await take(world.store, linked(A, 1));
      const first = await world.queue(ANN, 'first', { account: A.id });
      world.dispatcher.start();
      await world.reaches(first, 'sent');
      // The page has another account, and no event has come yet.
      world.bridge.me = B;
      const id = await world.queue(ANN, 'of A', { account: A.id });
      await isHeld();
      const message = await world.reaches(id, 'queued');
      assert.deepEqual([message.cancelAt, message.account], [undefined, A.id]);
      assert.equal(world.bridge.sentFrom.has(id), false);
      const calls = world.bridge.calls.length;
      await looksAround();
      assert.equal(world.bridge.calls.length, calls);
    });

    it('names the account of a message that has none to the bridge', async () => {
      await take(world.store, linked(A, 1), unlinked(2));
      const id = await world.queue(ANN, 'of none');
      world.bridge.isReady = true;
      world.dispatcher.start();
      await world.reaches(id, 'sent');
      assert.equal(world.bridge.calls.at(-1)?.account, A.id);
    });

    it('goes on when the first account returns: messages of the other one are held back and block none', async () => {
      await take(world.store, linked(A, 1));
      await relink(2);
      world.dispatcher.start();
      await isHeld();
      const ofB = await world.queue(ANN, 'of B', { account: B.id });
      const ofA = await world.queue(ANN, 'of A', { account: A.id, nextTryAt: Date.now() + 3_600_000 });
      await returnToA(4);
      await world.reaches(ofA, 'sent');
      assert.equal(world.bridge.sentFrom.get(ofA), A.id);
      await looksAround();
      const held = await world.find(ofB);
      assert.equal(held.state, 'queued');
      assert.match(
        world.dispatcher.whyHeldBack(held.account) ?? '',
        /belongs to the account 15557770000, and 15551110000 is linked/,
      );
      assert.equal(world.dispatcher.whyHeldBack(A.id), undefined);
      assert.deepEqual(await newsOf(world.store), [[B.id], [A.id, 'returned']]);
    });

    it('holds for every api of the database, and whichever learns of the change', async () => {
      await take(world.store, linked(A, 1));
      const other = world.another();
      try {
        world.dispatcher.start();
        other.start();
        const before = await world.queue(ANN, 'before', { account: A.id });
        await world.reaches(before, 'sent');
        world.bridge.me = B;
        await Promise.all([world.dispatcher.status(), other.status()]);
        await world.queue(ANN, 'after', { account: A.id });
        await until('both hold', () => world.dispatcher.isAccountChanged && other.isAccountChanged);
        await looksAround();
        assert.deepEqual(world.bridge.textsOf(ANN), ['before']);
        assert.deepEqual(await newsOf(world.store), [[B.id]]);
        assert.equal((await accountsOf(world.store)).owner?.id, A.id);
      } finally {
        await other.close(0);
      }
    });

    it('sends each message from its own account, while phones change in mid-traffic and events come late', async () => {
      await take(world.store, linked(A, 1));
      const other = world.another();
      const ids: string[] = [];
      try {
        world.dispatcher.start();
        other.start();
        for (let turn = 0; turn < 12; turn += 1) {
          const me = turn % 2 === 0 ? B : A;
          for (let n = 0; n < 5; n += 1) {
            const { id: account } = (await accountsOf(world.store)).linked ?? A;
            ids.push(await world.queue(`1555000${1000 + n}@c.us`, `${turn}`, { account }));
          }
          // The page changes first, and one event is ahead of the other api.
          world.bridge.me = me;
          other.wake();
          await take(world.store, unlinked(10 * turn + 10), linked(me, 10 * turn + 11));
          world.dispatcher.sessionReady();
        }
        const belongs = new Map(
          await Promise.all(ids.map(async (id) => [id, await world.find(id)] as const)),
        );
        const ofA = ids.filter((id) => belongs.get(id)?.account === A.id);
        for (const id of ofA) await world.reaches(id, 'sent');
        for (const [id, from] of world.bridge.sentFrom) assert.equal(from, belongs.get(id)?.account);
        assert.equal(new Set(world.bridge.phone.map(({ id }) => id)).size, world.bridge.phone.length);
        assert.equal(world.bridge.phone.length, ofA.length);
      } finally {
        await other.close(0);
      }
    });
  });
});
