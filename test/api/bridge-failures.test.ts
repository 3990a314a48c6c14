import assert from 'node:assert/strict';
import request from 'supertest';
import { type ApiWorld, answerJson, fromGate, startWorld } from './world.ts';

const send = (world: ApiWorld) =>
  request(world.origin)
    .post('/api/whatsapp/send')
    .set(fromGate)
    .send({ chat_id: '15551234567', message: 'Hello' });

describe('api, while the bridge fails', () => {
  it('says that WhatsApp is not ready when the bridge refuses the connection, and logs where it looked', async () => {
    await using world = await startWorld('absent');
    const { body, status, headers } = await send(world);
    assert.equal(status, 503);
    assert.equal(body.code, 'whatsapp_not_ready');
    assert.match(headers['retry-after'] ?? '', /^\d+$/);
    assert.ok(!/127\.0\.0\.1|ECONNREFUSED/.test(JSON.stringify(body)));
    assert.match(
      world.logged.join(''),
      /the bridge at 127\.0\.0\.1:\d+ refused the connection: .*compare WHATSAPP_BRIDGE_PORT/,
    );
  });

  it('calls the outcome unknown when the bridge breaks off amid a send', async () => {
    await using world = await startWorld((_request, response) => response.destroy());
    const { body, status } = await send(world);
    assert.equal(status, 504);
    assert.equal(body.code, 'outcome_unknown');
  });

  it('asks a bridge that broke off only once: a message is never sent again blindly', async () => {
    await using world = await startWorld((_request, response) => response.destroy());
    await send(world);
    assert.equal(world.asked.length, 1);
  });

  it('passes on what the bridge says of a recipient', async () => {
    await using world = await startWorld(
      answerJson(
        422,
        { code: 'recipient_not_on_whatsapp', detail: 'no account' },
        'application/problem+json',
      ),
    );
    const { body, status } = await send(world);
    assert.deepEqual([status, body.code, body.detail], [422, 'recipient_not_on_whatsapp', 'no account']);
  });

  it('keeps what the bridge says of the call itself to the log', async () => {
    await using world = await startWorld(
      answerJson(403, { code: 'secret_missing', detail: 'x' }, 'application/problem+json'),
    );
    assert.equal((await send(world)).body.code, 'bridge_failed');
    assert.match(world.logged.join(''), /the bridge answered 403 to \/send: secret_missing/);
  });

  it('takes an answer that is no problem document for a failure of the bridge', async () => {
    await using world = await startWorld(answerJson(500, { oops: true }));
    assert.equal((await send(world)).body.code, 'bridge_failed');
  });

  it('shows nobody an answer of the bridge that it does not understand', async () => {
    await using world = await startWorld(answerJson(200, { secret: 'thing' }));
    const { body, status } = await send(world);
    assert.deepEqual([status, body.code], [504, 'outcome_unknown']);
    assert.ok(!JSON.stringify(body).includes('thing'));
  });

  it('answers /status all the same', async () => {
    await using world = await startWorld('absent');
    const { body, status } = await request(world.origin).get('/api/whatsapp/status').set(fromGate);
    assert.equal(status, 200);
    assert.deepEqual([body.state, body.whatsapp_ready], ['bridge_unreachable', false]);
  });
});

describe('api, sending', () => {
  it('asks the bridge with the compatible body, and answers 200 once the server has the message', async () => {
    await using world = await startWorld(
      answerJson(200, {
        success: true,
        messageId: 'true_x',
        chatId: '15551234567@c.us',
        ack: 1,
        timestamp: 1_700_000_000,
      }),
    );
    const { body, status } = await send(world);
    assert.deepEqual(world.asked, ['POST /send {"chatId":"15551234567@c.us","message":"Hello"}']);
    assert.equal(status, 200);
    assert.deepEqual(body, {
      success: true,
      status: 'sent',
      message_id: 'true_x',
      chat_id: '15551234567@c.us',
      timestamp: '2023-11-14T22:13:20.000Z',
    });
  });

  it('answers 202 with the reason when the server has not acknowledged it', async () => {
    await using world = await startWorld(
      answerJson(200, { success: true, messageId: 'true_x', chatId: 'c', ack: 0, timestamp: 1 }),
    );
    const { body, status } = await send(world);
    assert.deepEqual([status, body.status, body.success], [202, 'queued', true]);
    assert.match(body.reason, /not acknowledged/);
  });
});
