import assert from 'node:assert/strict';
import request from 'supertest';
import { startApi } from '../../../../services/api/api.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { forEachDatabase, type TestDatabase } from '../../../support/api/databases.ts';
import { type Behaviour, FakeBridge } from '../../../support/api/outbox/fake-bridge.ts';
import { OutboxWorld } from '../../../support/api/outbox/outbox-world.ts';
import { AMPLE_MS, DEFAULTS, fromGate, SECRET } from '../../../support/api/world.ts';
import { until } from '../../../support/until.ts';

const ANN = '15550000001@c.us';

/** The api as a server, with a bridge whose first call waits for the test. */
class CancelWorld implements AsyncDisposable {
  readonly bridge: FakeBridge;
  /** Ends the first call of the bridge. */
  readonly decide: (behaviour: Behaviour) => void;
  readonly #origin: string;
  readonly #close: () => Promise<void>;

  private constructor(
    bridge: FakeBridge,
    decide: (behaviour: Behaviour) => void,
    origin: string,
    close: () => Promise<void>,
  ) {
    this.bridge = bridge;
    this.decide = decide;
    this.#origin = origin;
    this.#close = close;
  }

  static async start(database: TestDatabase): Promise<CancelWorld> {
    const bridge = await new FakeBridge().goUp();
    const { promise, resolve } = Promise.withResolvers<Behaviour>();
    bridge.behave = ({ message }) => (message === 'one' ? promise : 'send');
    const api = await startApi({
      ...DEFAULTS,
      host: '127.0.0.1',
      port: 0,
      secret: SECRET,
      sendWaitMs: AMPLE_MS,
      bridge: {
        host: '127.0.0.1',
        port: bridge.port,
        sendTimeoutMs: AMPLE_MS,
        uploadTimeoutMs: 0,
        callTimeoutMs: AMPLE_MS,
      },
      openStore: await database.fresh(),
      log: createLog('api', 'silent'),
    });
    const close = async () => {
      resolve('send_failed');
      await api.close(0);
      await bridge.goDown();
    };
    return new CancelWorld(bridge, resolve, `http://127.0.0.1:${api.port}`, close);
  }

  async send(message: string): Promise<string> {
    const { body } = await request(this.#origin)
      .post('/api/whatsapp/send')
      .set(fromGate)
      .set('prefer', 'respond-async')
      .send({ chat_id: ANN, message });
    return body.id;
  }

  /** A message with a call of the bridge under way. */
  async sending(): Promise<string> {
    const id = await this.send('one');
    await until('the bridge is called', () => this.bridge.calls.length === 1);
    return id;
  }

  cancel(id: string, prefer = 'wait=60'): request.Test {
    return request(this.#origin).delete(`/api/whatsapp/messages/${id}`).set(fromGate).set('prefer', prefer);
  }

  async view(id: string): Promise<{ status: string; cancel_requested_at?: string; reason?: string }> {
    return (await request(this.#origin).get(`/api/whatsapp/messages/${id}`).set(fromGate)).body;
  }

  /** The wish is on disk. */
  wanted(id: string): Promise<unknown> {
    return until('the cancel is noted', async () => (await this.view(id)).cancel_requested_at);
  }

  async ends(): Promise<unknown[]> {
    const { body } = await request(this.#origin)
      .get('/api/events?after=0&types=message_failed')
      .set({ ...fromGate, accept: 'application/json' });
    return body.events.map(({ data }: { data: { id: string; status: string } }) => [data.id, data.status]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}

forEachDatabase((database) => {
  describe(`cancel on ${database.name}, while the bridge is being called,`, () => {
    const start = () => CancelWorld.start(database);

    it('ends a message that the call has certainly not sent, and the next of its chat goes out', async () => {
      await using world = await start();
      const id = await world.sending();
      const next = await world.send('next');
      const answer = world.cancel(id).then((response) => response);
      await world.wanted(id);
      world.decide('send_failed');
      const { status, body } = await answer;
      assert.deepEqual([status, body], [200, { success: true, status: 'canceled' }]);
      assert.deepEqual(await world.ends(), [[id, 'canceled']]);
      await until('the next went out', async () => (await world.view(next)).status === 'sent');
      assert.deepEqual(world.bridge.textsOf(ANN), ['next']);
      assert.equal((await world.cancel(id)).status, 200, 'once more changes nothing');
      assert.equal((await world.ends()).length, 1);
    });

    it('is too late for a message that the call has sent, and says so', async () => {
      await using world = await start();
      const id = await world.sending();
      const answer = world.cancel(id).then((response) => response);
      await world.wanted(id);
      world.decide('send');
      const { status, body } = await answer;
      assert.deepEqual([status, body.code, body.id], [409, 'message_final', id]);
      assert.match(body.detail, /is sent$/);
      assert.deepEqual(await world.ends(), []);
    });

    it('never sends again what may have been sent, looks for it, and ends it when it is not there', async () => {
      await using world = await start();
      const id = await world.sending();
      const answer = world.cancel(id).then((response) => response);
      await world.wanted(id);
      world.decide('break');
      assert.equal((await answer).status, 200);
      assert.equal((await world.view(id)).status, 'canceled');
      const [, ...looks] = world.bridge.calls;
      assert.ok(looks.length > 0 && looks.every(({ retry }) => retry?.only_look === true));
      assert.deepEqual(world.bridge.phone, []);
      assert.deepEqual(await world.ends(), [[id, 'canceled']]);
    });

    it('looks for it, and says that it was sent when it is there', async () => {
      await using world = await start();
      const id = await world.sending();
      const answer = world.cancel(id).then((response) => response);
      await world.wanted(id);
      world.decide('send-then-break');
      const { status, body } = await answer;
      assert.deepEqual([status, body.code], [409, 'message_final']);
      assert.equal((await world.view(id)).status, 'sent');
    });

    it('answers 202 while the outcome is unknown, and cancels later', async () => {
      await using world = await start();
      const id = await world.sending();
      const { status, body, headers } = await world.cancel(id, 'respond-async');
      assert.deepEqual([status, body.status, body.id], [202, 'canceling', id]);
      assert.match(body.reason, /a cancel was asked for/);
      assert.equal(headers.location, `/api/whatsapp/messages/${id}`);
      assert.equal((await world.view(id)).status, 'sending');
      world.decide('outcome_unknown');
      await until('it is canceled', async () => (await world.view(id)).status === 'canceled');
      assert.deepEqual(world.bridge.phone, []);
    });
  });

  describe(`cancel on ${database.name} that was asked for before the api was killed,`, () => {
    const start = async (state: 'queued' | 'sending') => {
      const world = await OutboxWorld.start(await database.fresh());
      const id = await world.queue(ANN, 'unwanted', { state, dispatchedAt: Date.now() });
      await world.store.write((db) =>
        db.updateTable('messages').set({ cancel_at: Date.now(), attempts: 1 }).where('id', '=', id).execute(),
      );
      await world.restart();
      return { world, id };
    };

    for (const state of ['queued', 'sending'] as const)
      it(`is done after the restart, and nothing is sent (${state})`, async () => {
        const { world, id } = await start(state);
        await using _world = world;
        world.dispatcher.start();
        assert.equal((await world.reaches(id, 'canceled')).errorCode, 'message_canceled');
        assert.deepEqual(world.bridge.phone, []);
        assert.ok(world.bridge.calls.every(({ retry }) => retry?.only_look === true));
      });

    it('is too late when the message had been sent', async () => {
      const { world, id } = await start('sending');
      await using _world = world;
      world.bridge.phone.push({ id, chatId: ANN, text: 'unwanted' });
      world.bridge.acked.add(id);
      world.dispatcher.start();
      await world.reaches(id, 'sent');
      assert.equal(world.bridge.phone.length, 1);
    });
  });
});
