import assert from 'node:assert/strict';
import { PostgresServer } from '../../support/api/postgres-server.ts';
import { NO_BROWSER, startKit } from '../../support/kit/kit.ts';

describe('kit, whose database is away', () => {
  it('is up, takes nothing, says so on /health, and goes on by itself once it is there', async () => {
    await using database = await PostgresServer.start();
    await database.kill();
    await using kit = await startKit({
      args: ['start'],
      env: { ...NO_BROWSER, DATABASE_URL: database.url },
    });
    await kit.up();
    const health = async () => {
      const response = await fetch(`${kit.origin}/health`);
      return { status: response.status, body: await response.json() };
    };
    const away = await health();
    // No restart would mend it, so no platform is asked for one.
    assert.equal(away.status, 200);
    assert.deepEqual([away.body.status, away.body.storage.state], ['degraded', 'unavailable']);
    assert.ok(!/127\.0\.0\.1|ECONN|postgres:/.test(JSON.stringify(away.body)));
    const refused = await kit.post('/api/whatsapp/send', { chat_id: '15551234567', message: 'hello' });
    assert.deepEqual([refused.status, (await refused.json()).code], [503, 'storage_unavailable']);

    await database.startAgain();
    await kit.until('the database is back', async () => (await health()).body.storage.state === 'ok');
    const headers = { prefer: 'respond-async' };
    const taken = await kit.post('/api/whatsapp/send', { chat_id: '15551234567', message: 'hello' }, headers);
    assert.equal(taken.status, 202, await taken.text());
    assert.equal(kit.output.match(/"service":"api","pid":\d+,"msg":"api started"/g)?.length, 1);
  });
});
