import assert from 'node:assert/strict';
import type { Kit } from '../../support/kit/kit.ts';
import { KEY, OTHER_KEY as OTHER, sharedKit } from '../../support/kit/shared-kit.ts';

describe('kit, bound to every address and opened by keys', () => {
  let kit: Kit;
  before(async () => {
    kit = await sharedKit('keyed');
  });

  const body = { chat_id: '15551234567', message: 'with a key' };

  it('takes either key, as a bearer token or as X-Api-Key', async () => {
    for (const key of [KEY, OTHER]) {
      assert.equal(
        (await kit.post('/api/whatsapp/send', body, { authorization: `Bearer ${key}` })).status,
        200,
      );
      assert.equal((await kit.post('/api/whatsapp/send', body, { 'x-api-key': key })).status, 200);
    }
  });

  it('refuses no key, a wrong one, and all but the last character of one, with 401', async () => {
    for (const headers of [
      {},
      { authorization: `Bearer ${KEY}x` },
      { 'x-api-key': KEY.slice(0, -1) },
      { authorization: 'Basic eDp5' },
    ]) {
      const response = await kit.post('/api/whatsapp/send', body, headers);
      assert.equal(response.status, 401, JSON.stringify(headers));
      assert.match(response.headers.get('www-authenticate') ?? '', /^Bearer/);
      assert.match((await response.json()).code, /^key_(missing|invalid)$/);
    }
  });

  it('closes the sandbox to strangers too, and every other path of the api', async () => {
    for (const path of [
      '/sandbox',
      '/sandbox/api/messages',
      '/api/events',
      '/api/whatsapp/status',
      '/api/whatsapp/qr',
      '/api/nothing',
    ]) {
      assert.equal((await fetch(`${kit.origin}${path}`)).status, 401, path);
    }
  });

  it('answers /health and /health/live to everybody, under any Host', async () => {
    assert.equal((await fetch(`${kit.origin}/health`)).status, 200);
    assert.equal((await fetch(`${kit.origin}/health/live`)).status, 200);
  });

  it('never logs a key', async () => {
    await kit.post(`/api/whatsapp/status?api_key=${KEY}&key=${OTHER}`, {}, { 'x-api-key': KEY });
    assert.ok(!kit.output.includes(KEY) && !kit.output.includes(OTHER));
  });
});
