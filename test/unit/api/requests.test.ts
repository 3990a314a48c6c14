import assert from 'node:assert/strict';
import request from 'supertest';
import { answerJson, fromGate, startWorld } from '../../support/api/world.ts';

const qr = answerJson(200, { qr: '2@abc,def', generated_at: '2026-01-01T00:00:00.000Z' });

describe('api, of what it is asked', () => {
  it('answers nobody without the boot secret, but for its readiness', async () => {
    await using world = await startWorld(qr);
    await request(world.origin).get('/internal/ready').expect(200);
    await request(world.origin).get('/api/whatsapp/qr').expect(403);
    await request(world.origin).post('/internal/events').send({ events: [] }).expect(403);
  });

  it('asks a browser for the key as a password, and a program for a token', async () => {
    await using world = await startWorld(qr, ['k9f86d081884c7d659a2feaa']);
    const asked = (accept: string) =>
      request(world.origin)
        .get('/api/whatsapp/qr')
        .set({ ...fromGate, accept });
    assert.match((await asked('text/html,*/*;q=0.8')).headers['www-authenticate'] ?? '', /^Basic /);
    assert.match((await asked('*/*')).headers['www-authenticate'] ?? '', /^Bearer /);
  });

  it('slows a client that guesses keys, over HTTP and WebSockets together, and lets a valid key pass', async () => {
    const key = 'k9f86d081884c7d659a2feaa';
    await using world = await startWorld(qr, [key]);
    const ask = (client: string, given: string) =>
      request(world.origin)
        .get('/api/whatsapp/qr')
        .set({ ...fromGate, 'x-forwarded-for': `${client}, 10.0.0.1`, 'x-api-key': given });
    const upgrade = (given: object = { 'x-api-key': 'wrong' }) =>
      request(world.origin)
        .get('/ws')
        .set({
          ...fromGate,
          ...given,
          'x-forwarded-for': '192.0.2.9',
          connection: 'upgrade',
          upgrade: 'websocket',
        });
    for (let count = 0; count < 5; count += 1) {
      assert.equal((await ask('192.0.2.9', `wrong ${count}`)).status, 401);
      assert.equal((await upgrade()).status, 401);
    }
    for (const { status, body, headers } of [
      await ask('192.0.2.9', 'wrong'),
      await upgrade(),
      await upgrade({}),
    ])
      assert.deepEqual([status, body.code, headers['retry-after']], [429, 'too_many_failures', '60']);
    assert.equal((await ask('192.0.2.9', key)).status, 200);
    assert.equal((await ask('192.0.2.10', 'wrong')).status, 401);
    const warned = world.logged.filter((line) =>
      /shown more than 10 wrong API keys within a minute/.test(line),
    );
    assert.equal(warned.length, 1);
  });

  it('calls a path that is no text a bad request, not a failure of its own', async () => {
    await using world = await startWorld(qr);
    const { status, body } = await request(world.origin)
      .get('/api/whatsapp/chats/%ff/messages')
      .set(fromGate);
    assert.deepEqual([status, body.code], [400, 'request_malformed']);
    assert.deepEqual(world.logged, []);
  });

  it('answers what it does not have with 404 and a problem document', async () => {
    await using world = await startWorld(qr);
    for (const path of ['/api/nothing', '/api/whatsapp/Send', '/API/whatsapp/qr', '/internal/ready/x']) {
      const { body, status, type } = await request(world.origin).get(path).set(fromGate);
      assert.deepEqual([status, type, body.code], [404, 'application/problem+json', 'not_found'], path);
    }
  });

  it('draws the QR code in the form that is asked for', async () => {
    await using world = await startWorld(qr);
    const asked = (accept: string) =>
      request(world.origin)
        .get('/api/whatsapp/qr')
        .set({ ...fromGate, accept });
    assert.equal((await asked('application/json')).body.qr, '2@abc,def');
    assert.deepEqual((await asked('image/png')).body.subarray(1, 4).toString(), 'PNG');
    assert.match((await asked('image/svg+xml')).body.toString(), /^<svg /);
    assert.equal((await asked('*/*')).type, 'application/json');
    const chrome =
      'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7';
    for (const page of [chrome, 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'])
      assert.equal((await asked(page)).type, 'image/svg+xml');
    assert.equal((await asked('text/plain')).status, 406);
  });

  it('gives the bridge the digits of a number to pair, and refuses what is none', async () => {
    await using world = await startWorld(answerJson(200, { code: 'ABCD1234' }));
    const pair = (phone_number: unknown) =>
      request(world.origin).post('/api/whatsapp/pairing-code').set(fromGate).send({ phone_number });
    assert.equal((await pair('+1 (555) 123-4567')).body.code, 'ABCD1234');
    assert.deepEqual(world.asked, ['POST /pairing-code {"phoneNumber":"15551234567"}']);
    assert.equal((await pair('mum')).status, 422);
    assert.equal((await pair(15551234567)).status, 400);
  });

  it('takes no field on the calls that have none', async () => {
    await using world = await startWorld(qr);
    const { body } = await request(world.origin)
      .post('/api/whatsapp/disconnect')
      .set(fromGate)
      .send({ force: true });
    assert.deepEqual(body.errors, [{ field: 'force', message: 'is not known here' }]);
    assert.deepEqual(world.asked, []);
  });

  it('refuses a limit that is no whole number, or a parameter it does not know', async () => {
    await using world = await startWorld(qr);
    for (const query of ['limit=0', 'limit=-1', 'limit=1e3', 'limit=x', 'limt=5', 'limit=1&limit=2']) {
      const { status, body } = await request(world.origin).get(`/api/whatsapp/chats?${query}`).set(fromGate);
      assert.deepEqual([status, body.code], [400, 'query_invalid'], query);
    }
  });

  it('refuses a body that is too large', async () => {
    await using world = await startWorld(qr);
    const { status, body } = await request(world.origin)
      .post('/api/whatsapp/send')
      .set(fromGate)
      .send({ chat_id: '15551234567', message: 'x'.repeat(200_000) });
    assert.deepEqual([status, body.code], [413, 'body_too_large']);
  });
});
