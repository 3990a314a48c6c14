import assert from 'node:assert/strict';
import request from 'supertest';
import { sqliteIn } from '../../../support/api/databases.ts';
import { ANN, SendWorld } from '../../../support/api/outbox/send-world.ts';
import { mayMount, SmallDisk, sayThatOnlyRootMay } from '../../../support/api/store/small-disk.ts';
import { fromGate } from '../../../support/api/world.ts';
import { until } from '../../../support/until.ts';

describe('api, whose disk is full', () => {
  if (!mayMount) {
    sayThatOnlyRootMay();
    return;
  }

  it('refuses sends and uploads with 507, keeps nothing of them, and takes them once there is room', async () => {
    using disk = new SmallDisk(2_000);
    await using world = await SendWorld.start(sqliteIn(disk.folder));
    const send = () =>
      world.sendAsync({ chat_id: ANN, message: 'x'.repeat(20_000) }, { 'idempotency-key': 'k' });
    const upload = () =>
      request(world.origin)
        .post('/api/whatsapp/media')
        .set(fromGate)
        .set('content-type', 'image/png')
        .send(Buffer.alloc(50_000, 1));
    disk.fill();
    for (const answer of [await send(), await upload(), await send()]) {
      assert.deepEqual([answer.status, answer.body.code], [507, 'storage_full']);
      assert.equal(answer.type, 'application/problem+json');
    }
    assert.deepEqual(await world.counts(), { messages: 0, media: 0, keys: 0 });
    disk.free();
    await until('there is room', async () => (await send()).status === 202);
    assert.equal((await upload()).status, 201);
    assert.deepEqual(await world.counts(), { messages: 1, media: 1, keys: 1 });
  });
});
