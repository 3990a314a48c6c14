import assert from 'node:assert/strict';
import { openPostgres } from '../../../../services/api/store/postgres.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { DATABASES } from '../../../support/api/databases.ts';
import { PostgresServer } from '../../../support/api/postgres-server.ts';
import { assertKillsLoseNothing, databaseForAll } from '../../../support/api/webhooks/kills.ts';
import { Receiver } from '../../../support/api/webhooks/receiver.ts';
import { WebhookWorld } from '../../../support/api/webhooks/webhook-world.ts';
import { until } from '../../../support/until.ts';

for (const { name } of DATABASES)
  describe(`webhooks on ${name}, when the api is killed`, () => {
    it('go on without a gap, in order, and repeat only the last few', async () => {
      // Just behind a write of the cursor at the earliest, and at once after a start.
      await assertKillsLoseNothing(name, 150, [70, 71]);
    });
  });

describe('webhooks on postgres, of several apis or without their server', () => {
  it('are delivered by one api at a time; another takes over when that one ends', async () => {
    const { open } = await databaseForAll('postgres');
    await using receiver = await Receiver.start();
    await using one = await WebhookWorld.start(open);
    await using two = await WebhookWorld.start(open);
    await two.create(receiver.url);
    const seqs = [...(await one.append(20)), ...(await two.append(20))];
    await receiver.has(40);
    assert.deepEqual(receiver.seqs, seqs);
    await one.close(1_000);
    const more = await two.append(5);
    await receiver.has(45);
    assert.deepEqual(receiver.seqs, [...seqs, ...more]);
  });

  it('wait while the server is away, and go on in order when it is back', async () => {
    await using server = await PostgresServer.start();
    const open = () => openPostgres(server.url, 'away', createLog('api', 'silent'));
    await using world = await WebhookWorld.start(open);
    await using receiver = await Receiver.start();
    const { id } = await world.create(receiver.url);
    const seqs = await world.append(30);
    await receiver.has(10);
    await server.kill();
    await server.startAgain();
    await until('the store is back', () => world.store.status.state === 'ok');
    seqs.push(...(await world.append(10)));
    await until('all has come', () => receiver.seqs.includes(seqs.at(-1) ?? 0));
    assert.deepEqual(receiver.distinct, seqs);
    await world.becomes(id, { lag: 0, attempts: 0 });
  });
});
