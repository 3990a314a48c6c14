import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import request from 'supertest';
import type { CapabilityState } from '../../../../services/contract/compat.ts';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { post } from '../../../support/api/events/news.ts';
import { type ApiWorld, type BridgeAnswers, fromGate, startWorld } from '../../../support/api/world.ts';
import { until } from '../../../support/until.ts';

const ANN = '15550000001@c.us';
const BROKEN: CapabilityState = {
  capability: 'send_location',
  state: 'broken',
  reason: 'WAWebE2EProtoUtils cannot be required\0\ud800',
  kinds: ['location'],
};

/** A bridge whose page breaks what `broken` says. */
const bridgeWith =
  (broken: () => readonly CapabilityState[]): BridgeAnswers =>
  (incoming, response) => {
    const now = new Date().toISOString();
    const answers: Record<string, object> = {
      '/compat': { tested_at: now, page_version: '2.3000.1', took_ms: 7, capabilities: broken() },
      '/send': { success: true, messageId: 'true_x', chatId: ANN, ack: 1, timestamp: 1 },
      '/health': {
        status: 'ok',
        port: 1,
        whatsapp_ready: true,
        state: 'ready',
        since: now,
        session: 'default',
        compat: { ok: 1, patched: 0, broken: broken().map(({ capability }) => capability) },
      },
    };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answers[incoming.url ?? ''] ?? {}));
  };

const told = (row: CapabilityState) => ({
  session: 'default',
  key: randomUUID(),
  at: new Date().toISOString(),
  kind: 'compat' as const,
  data: { ...row, page_version: '2.3000.1' },
});

const get = async ({ origin }: ApiWorld, path: string) =>
  (await request(origin).get(path).set(fromGate).expect(200)).body;

forEachDatabase((database) => {
  describe(`what the page of WhatsApp breaks, over HTTP, on ${database.name}`, () => {
    let broken: readonly CapabilityState[];
    const start = async () => {
      broken = [BROKEN];
      const world = await startWorld(
        bridgeWith(() => broken),
        { openStore: await database.fresh() },
      );
      await post(world.origin, [told(BROKEN)]);
      return world;
    };
    const sendPlace = async ({ origin }: ApiWorld) =>
      (
        await request(origin)
          .post('/api/whatsapp/send')
          .set({ ...fromGate, prefer: 'respond-async' })
          .send({ chat_id: ANN, location: { latitude: 1, longitude: 2 } })
          .expect(202)
      ).body.id;
    const isHeld = (world: ApiWorld, id: string) =>
      until('the message is held', async () => {
        const view = await get(world, `/api/whatsapp/messages/${id}`);
        return view.error?.code === 'page_incompatible' && view;
      });

    it('is shown with the messages that wait for it, in /compat, /health, the status and the message', async () => {
      await using world = await start();
      const id = await sendPlace(world);
      const view = await isHeld(world, id);
      assert.equal(view.status, 'queued');
      assert.match(view.reason, /^page_incompatible: .*send_location/);
      assert.match(view.error.remedy, /GET \/api\/whatsapp\/compat/);
      await until(
        'it is counted',
        async () => (await get(world, '/api/whatsapp/compat')).held_messages === 1,
      );
      const { capabilities, page_version } = await get(world, '/api/whatsapp/compat');
      assert.deepEqual([capabilities[0].capability, page_version], ['send_location', '2.3000.1']);
      const health = await get(world, '/health');
      assert.deepEqual(
        [health.status, health.held_messages, health.whatsapp.broken],
        ['degraded', 1, ['send_location']],
      );
      assert.equal((await get(world, '/api/whatsapp/status')).outbox.held, 1);
    });

    it('lets the message be canceled', async () => {
      await using world = await start();
      const id = await sendPlace(world);
      await isHeld(world, id);
      await request(world.origin).delete(`/api/whatsapp/messages/${id}`).set(fromGate).expect(200);
      assert.equal((await get(world, `/api/whatsapp/messages/${id}`)).status, 'canceled');
      await until(
        'none is counted',
        async () => (await get(world, '/api/whatsapp/compat')).held_messages === 0,
      );
    });

    it('is an event, and its end lets the message go out', async () => {
      await using world = await start();
      const id = await sendPlace(world);
      await isHeld(world, id);
      broken = [];
      await post(world.origin, [told({ capability: 'send_location', state: 'ok', kinds: ['location'] })]);
      await until(
        'it is sent',
        async () => (await get(world, `/api/whatsapp/messages/${id}`)).status === 'sent',
      );
      const { events } = await get(world, '/api/events?types=compat&limit=10');
      assert.deepEqual(
        events.map(({ data }: { data: CapabilityState }) => [data.capability, data.state]),
        [
          ['send_location', 'broken'],
          ['send_location', 'ok'],
        ],
      );
      assert.equal((await get(world, '/health')).status, 'ok');
    });

    it('may be all that a webhook wants', async () => {
      await using world = await start();
      const hook = { url: 'http://127.0.0.1:1/hook', types: ['compat'] };
      await request(world.origin).post('/api/webhooks').set(fromGate).send(hook).expect(201);
    });
  });
});
