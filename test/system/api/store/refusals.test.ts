import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import { Store } from '../../../../services/api/store/store.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { postgresSpace, sqliteFolder, sqliteIn } from '../../../support/api/databases.ts';
import { mayMount, SmallDisk, sayThatOnlyRootMay } from '../../../support/api/store/small-disk.ts';
import { ApiWorld, fromGate, startWorld } from '../../../support/api/world.ts';
import { until } from '../../../support/until.ts';

const send = ({ origin }: ApiWorld, message: string, key: string) =>
  request(origin)
    .post('/api/whatsapp/send')
    .set({ ...fromGate, 'idempotency-key': key })
    .send({ chat_id: '15551234567', message });

async function storageOf({ origin }: ApiWorld): Promise<{ state: string; reason?: string }> {
  const { status, body } = await request(origin).get('/internal/ready');
  // Whatever the database does: the api answers for itself.
  assert.equal(status, 200);
  return body.storage;
}

describe('api, whose store', () => {
  it('cannot be reached, starts all the same, refuses with 503 and tells nobody where it is', async () => {
    await using world = await startWorld('absent', {
      openStore: postgresSpace('postgres://nobody@127.0.0.1:1/nothing'),
    });
    const storage = await storageOf(world);
    assert.equal(storage.state, 'unavailable');
    assert.match(storage.reason ?? '', /127\.0\.0\.1:1/);
    const { status, type, body, headers } = await send(world, 'hello', 'k');
    assert.deepEqual([status, type, body.code], [503, 'application/problem+json', 'storage_unavailable']);
    assert.match(headers['retry-after'] ?? '', /^\d+$/);
    assert.ok(!/127\.0\.0\.1|ECONN/.test(JSON.stringify(body)));
  });

  it('is damaged, starts all the same, and says in its log what to do', async () => {
    const folder = sqliteFolder();
    writeFileSync(join(folder, 'gatehouse.db'), 'this is no database, '.repeat(1_000));
    await using world = await startWorld('absent', { openStore: sqliteIn(folder) });
    const { status, body } = await send(world, 'hello', 'k');
    assert.deepEqual([status, body.code], [503, 'storage_unavailable']);
    assert.ok(!JSON.stringify(body).includes(folder));
    assert.match(world.logged.join(''), /restore it from a backup, or move it away to begin anew/);
  });

  it('belongs to another api, does not start', async () => {
    const folder = sqliteFolder();
    await using first = await startWorld('absent', { openStore: sqliteIn(folder) });
    await using second = new ApiWorld();
    await assert.rejects(second.start('absent', { openStore: sqliteIn(folder) }), {
      code: 'already_running',
      message: new RegExp(`gatehouse\\.db is in use by process ${process.pid} `),
    });
    assert.equal((await storageOf(first)).state, 'ok');
  });

  if (!mayMount) sayThatOnlyRootMay();
  else
    it('is full, refuses with 507, keeps nothing of it, and takes it once there is room', async () => {
      using disk = new SmallDisk(3_000);
      const openStore = sqliteIn(disk.folder);
      {
        await using world = await startWorld('absent', { openStore, sendWaitMs: 10 });
        disk.fill();
        const message = 'x'.repeat(10_000);
        // What room is left in the files themselves may still take some.
        let accepted = 0;
        const refused = await until('one is refused', async () => {
          const answer = await send(world, message, `key${accepted}`);
          if (answer.status === 507) return answer;
          assert.equal(answer.status, 202);
          accepted += 1;
          return undefined;
        });
        assert.deepEqual([refused.type, refused.body.code], ['application/problem+json', 'storage_full']);
        assert.equal((await storageOf(world)).state, 'full');
        disk.free();
        await until('there is room', async () => (await storageOf(world)).state === 'ok');
        const taken = await send(world, message, `key${accepted}`);
        assert.equal(taken.status, 202, JSON.stringify(taken.body));
        const again = await send(world, message, `key${accepted}`);
        assert.equal(again.body.id, taken.body.id);
      }
      await using store = await Store.open(openStore, createLog('api', 'silent'));
      const rows = await store.read((db) => db.selectFrom('messages').select('id').execute());
      const keys = await store.read((db) => db.selectFrom('idempotency').select('message_id').execute());
      assert.ok(rows.length > 0);
      assert.deepEqual(new Set(rows.map(({ id }) => id)), new Set(keys.map(({ message_id: id }) => id)));
    });
});
