import assert from 'node:assert/strict';
import request from 'supertest';
import type { Account } from '../../../../services/contract/person.ts';
import { A, B, linked, moment, unlinked } from '../../../support/api/account/accounts.ts';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { post } from '../../../support/api/events/news.ts';
import {
  AMPLE_MS,
  type ApiWorld,
  type BridgeAnswers,
  fromGate,
  startWorld,
} from '../../../support/api/world.ts';
import { until } from '../../../support/until.ts';

const ANN = '15550000001@c.us';

/** A bridge whose page has the account that `me` says. */
const bridgeWith =
  (me: () => Account): BridgeAnswers =>
  (incoming, response) => {
    const session = { session: 'default', state: 'ready', since: moment(60), whatsapp_ready: true };
    const answers: Record<string, object> = {
      '/status': { ...session, me: me(), restarts: 0, events_waiting: 0 },
      '/resolve': { success: true, chatId: ANN, person: { phone_number: '15550000001' }, isAsked: true },
      '/send': { success: true, messageId: `true_${ANN}_X`, chatId: ANN, ack: 1, timestamp: 1 },
      '/health': { status: 'ok', port: 1, ...session },
    };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answers[incoming.url ?? ''] ?? {}));
  };

forEachDatabase((database) => {
  describe(`another account, over HTTP, on ${database.name}`, () => {
    let me: Account;
    let world: ApiWorld;
    beforeEach(async () => {
      me = A;
      const openStore = await database.fresh();
      world = await startWorld(
        bridgeWith(() => me),
        { openStore, sendWaitMs: AMPLE_MS },
      );
      await post(world.origin, [linked(A, 1)]);
    });
    afterEach(() => world[Symbol.asyncDispose]());

    const relink = async () => {
      me = B;
      await post(world.origin, [unlinked(2), linked(B, 3)]);
      await until('the api holds', async () => (await get('/internal/ready')).account_changed === true);
    };
    const get = async (path: string, status = 200) =>
      (await request(world.origin).get(path).set(fromGate).expect(status)).body;
    const call = (path: string, body?: object) =>
      request(world.origin)
        .post(path)
        .set(fromGate)
        .send(body ?? {});
    const send = (body: object = {}) => call('/api/whatsapp/send', { chat_id: ANN, message: 'x', ...body });
    const later = { send_at: new Date(Date.now() + 3_600_000).toISOString() };

    it('is none before the first link and while the same one is linked', async () => {
      assert.deepEqual(await get('/api/whatsapp/account'), {
        state: 'same',
        owner: A,
        linked: A,
        waiting: { owner: 0 },
      });
      const { state, whatsapp_ready, accounts } = await get('/api/whatsapp/status');
      assert.deepEqual([state, whatsapp_ready, accounts], ['ready', true, { owner: A, linked: A }]);
      assert.equal((await get('/health')).status, 'ok');
      await post(world.origin, [unlinked(2)]);
      assert.equal((await get('/api/whatsapp/account')).state, 'unlinked');
    });

    it('is named in the status, in /health without a number, and in /account with what waits', async () => {
      await send(later).expect(202);
      await relink();
      await send(later).expect(202);
      const { state, whatsapp_ready, reason, accounts } = await get('/api/whatsapp/status');
      assert.deepEqual(
        [state, whatsapp_ready, accounts],
        ['account_changed', false, { owner: A, linked: B }],
      );
      assert.match(reason, /15557770000.*15551110000.*\/account\/adopt.*\/account\/cancel/);
      const health = await get('/health');
      assert.deepEqual(
        [health.status, health.whatsapp_ready, health.whatsapp.state],
        ['degraded', false, 'account_changed'],
      );
      assert.doesNotMatch(JSON.stringify(health), /1555/);
      const account = await get('/api/whatsapp/account');
      assert.deepEqual([account.state, account.waiting], ['changed', { owner: 1, linked: 1 }]);
    });

    it('accepts sends at once with the reason, for the account that is linked', async () => {
      await relink();
      const { body } = await send().expect(202);
      assert.deepEqual([body.status, /15557770000 \(B\) is linked/.test(body.reason)], ['queued', true]);
      const view = await get(`/api/whatsapp/messages/${body.id}`);
      assert.deepEqual([view.account, view.reason], [B.id, body.reason]);
      const [listed] = (await get('/api/whatsapp/messages')).messages;
      assert.equal(listed.reason, body.reason);
      assert.equal(world.asked.filter((line) => line.startsWith('POST /send')).length, 0);
      await request(world.origin).delete(`/api/whatsapp/messages/${body.id}`).set(fromGate).expect(200);
    });

    it('is adopted by a call that names it', async () => {
      await send(later).expect(202);
      await relink();
      const { body } = await call('/api/whatsapp/account/adopt', { linked: '+1 555 777 0000' }).expect(200);
      assert.deepEqual(body, {
        success: true,
        decision: 'adopt',
        owner: B,
        linked: B,
        previous: A,
        adopted: 1,
        failed: 0,
        ended_unknown: 0,
      });
      assert.equal((await get('/api/whatsapp/status')).state, 'ready');
      await until('the api goes on', async () => (await get('/health')).status === 'ok');
      await send().expect(200);
    });

    it('has the messages of the one before canceled', async () => {
      const { body: accepted } = await send(later).expect(202);
      await relink();
      const { body } = await call('/api/whatsapp/account/cancel').expect(200);
      assert.deepEqual([body.decision, body.canceled, body.ended_unknown], ['cancel', 1, 0]);
      const view = await get(`/api/whatsapp/messages/${accepted.id}`);
      assert.deepEqual([view.status, view.account], ['canceled', A.id]);
      const { events } = await get('/api/events?types=account_changed,message_failed&limit=10');
      assert.deepEqual(
        events.map(
          ({ type, account, data }: { type: string; account: string; data: { decision?: string } }) => [
            type,
            account,
            data.decision,
          ],
        ),
        [
          ['account_changed', B.id, undefined],
          ['message_failed', A.id, undefined],
          ['account_changed', B.id, 'cancel'],
        ],
      );
    });

    it('is not decided about without a change, about another one than is meant, or with a body that means nothing', async () => {
      const unchanged = await call('/api/whatsapp/account/adopt').expect(409);
      assert.equal(unchanged.body.code, 'account_unchanged');
      await relink();
      const other = await call('/api/whatsapp/account/cancel', { linked: '15559990000' }).expect(409);
      assert.equal(other.body.code, 'account_changed');
      for (const body of [{ linked: 'nobody' }, { linked: 7 }, { account: B.id }])
        assert.equal(
          (await call('/api/whatsapp/account/cancel', body).expect(400)).body.code,
          'body_invalid',
        );
      assert.equal((await get('/api/whatsapp/account')).state, 'changed');
    });

    it('takes no action on a message of the one before', async () => {
      const { body } = await send().expect(200);
      await relink();
      const path = `/api/whatsapp/messages/${body.id}`;
      const reaction = await call(`${path}/reaction`, { emoji: '👍' }).expect(409);
      assert.match(reaction.body.detail, /is of the account 15551110000, and 15557770000 is linked/);
      assert.equal(reaction.body.code, 'account_changed');
      await request(world.origin).patch(path).set(fromGate).send({ message: 'y' }).expect(409);
      await call(`${path}/revoke`).expect(409);
    });

    it('may be all that a webhook wants', async () => {
      await call('/api/webhooks', { url: 'http://127.0.0.1:1/hook', types: ['account_changed'] }).expect(201);
    });
  });
});
