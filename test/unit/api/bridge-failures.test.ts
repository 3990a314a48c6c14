import assert from 'node:assert/strict';
import request from 'supertest';
import { type SendBody, sendBodySchema } from '../../../services/contract/bridge.ts';
import {
  AMPLE_MS,
  type ApiWorld,
  answerJson,
  type BridgeAnswers,
  fromGate,
  startWorld,
} from '../../support/api/world.ts';
import { until } from '../../support/until.ts';

/** An api whose sends wait for the outcome, however slow the machine is. */
const startPatient = (answer: BridgeAnswers) => startWorld(answer, { sendWaitMs: AMPLE_MS });

const send = (world: ApiWorld) =>
  request(world.origin)
    .post('/api/whatsapp/send')
    .set(fromGate)
    .send({ chat_id: '15551234567', message: 'Hello' });

/** Repeats one send, which never waits, until its answer gives a reason like this for the wait; returns that answer. */
const waitsBecause = (world: ApiWorld, reason: RegExp) =>
  until(
    `the message waits because ${reason}`,
    async () => {
      const answer = await send(world).set({ prefer: 'respond-async', 'idempotency-key': 'one-message' });
      return reason.test(answer.body.reason) ? answer : undefined;
    },
    { more: () => world.logged.join('') },
  );

/** What the bridge was asked to send. */
const sendsAsked = (world: ApiWorld): SendBody[] =>
  world.asked
    .filter((line) => line.startsWith('POST /send '))
    .map((line) => sendBodySchema.parse(JSON.parse(line.slice('POST /send '.length))));

describe('api, while the bridge fails', () => {
  it('keeps the message and says why it waits when the bridge refuses the connection, and logs where it looked', async () => {
    await using world = await startWorld('absent');
    const { body, status } = await waitsBecause(world, /^the WhatsApp bridge is starting or restarting$/);
    assert.deepEqual([status, body.status], [202, 'queued']);
    assert.ok(!/127\.0\.0\.1|ECONNREFUSED/.test(JSON.stringify(body)));
    assert.match(
      world.logged.join(''),
      /the bridge at 127\.0\.0\.1:\d+ refused the connection: .*compare WHATSAPP_BRIDGE_PORT/,
    );
  });

  it('sends a message as new once a host that was not found is there: nothing can have got through', async () => {
    const bridge = {
      host: 'bridge.invalid',
      port: 8002,
      sendTimeoutMs: AMPLE_MS,
      uploadTimeoutMs: 0,
      callTimeoutMs: AMPLE_MS,
    };
    await using world = await startWorld('absent', { bridge });
    const { body, status } = await waitsBecause(world, /^the WhatsApp bridge is away$/);
    assert.deepEqual([status, body.status], [202, 'queued']);
    assert.ok(!JSON.stringify(body).includes('invalid'));
    assert.match(world.logged.join(''), /bridge\.invalid:8002 could not be reached: .*compare BRIDGE_HOST/);
  });

  it('asks again for the same message, to be looked for first, when the bridge breaks off amid a send', async () => {
    await using world = await startWorld((_request, response) => response.destroy());
    const { body, status } = await send(world).set({ prefer: 'respond-async' });
    assert.deepEqual([status, body.status], [202, 'queued']);
    await until('it was asked again', () => sendsAsked(world).length > 2);
    const [first, ...again] = sendsAsked(world);
    assert.equal(first?.retry, undefined);
    for (const { stanza_id, retry } of again) {
      assert.equal(stanza_id, first?.stanza_id);
      assert.ok(retry !== undefined, 'it was sent again blindly');
    }
  });

  it('passes on what the bridge says of a recipient', async () => {
    await using world = await startPatient(
      answerJson(
        422,
        { code: 'recipient_not_on_whatsapp', detail: 'no account' },
        'application/problem+json',
      ),
    );
    const { body, status } = await send(world);
    assert.deepEqual([status, body.code], [422, 'recipient_not_on_whatsapp']);
    assert.match(body.detail, /^WhatsApp knows no account for \+15551234567: it said so at/);
  });

  it('keeps what the bridge says of the call itself to the log', async () => {
    await using world = await startWorld(
      answerJson(403, { code: 'secret_missing', detail: 'x' }, 'application/problem+json'),
    );
    await waitsBecause(world, /^the WhatsApp bridge answered 403$/);
    assert.match(world.logged.join(''), /the bridge answered 403 to \/send: secret_missing/);
  });

  it('takes an answer that is no problem document for a failure of the bridge', async () => {
    await using world = await startWorld(answerJson(500, { oops: true }));
    await waitsBecause(world, /^the WhatsApp bridge answered 500$/);
  });

  it('shows nobody an answer of the bridge that it does not understand', async () => {
    await using world = await startWorld(answerJson(200, { secret: 'thing' }));
    const { body, status } = await waitsBecause(world, /^(?!it waits for its turn)./);
    assert.equal(status, 202);
    assert.ok(!JSON.stringify(body).includes('thing'));
  });

  it('passes on that the bridge could not connect, disconnect or reset', async () => {
    await using world = await startWorld(answerJson(500, { oops: true }));
    for (const path of ['connect', 'disconnect', 'reset-session']) {
      const { body, status } = await request(world.origin).post(`/api/whatsapp/${path}`).set(fromGate);
      assert.deepEqual([status, body.code], [502, 'bridge_failed'], path);
    }
  });

  it('answers /status all the same', async () => {
    await using world = await startWorld('absent');
    const { body, status } = await request(world.origin).get('/api/whatsapp/status').set(fromGate);
    assert.equal(status, 200);
    assert.deepEqual([body.state, body.whatsapp_ready], ['bridge_unreachable', false]);
    assert.deepEqual(body.outbox, { waiting: 0 });
  });
});

describe('api, with messages that wait', () => {
  it('tells on /status how many, since when and why', async () => {
    await using world = await startWorld('absent');
    const { body: sent } = await waitsBecause(world, /starting or restarting/);
    const { body } = await request(world.origin).get('/api/whatsapp/status').set(fromGate);
    assert.deepEqual(body.outbox, {
      waiting: 1,
      oldest_accepted_at: sent.timestamp,
      reason: 'the WhatsApp bridge is starting or restarting',
    });
  });
});

describe('api, sending', () => {
  it('asks the bridge with the compatible body, and answers 200 once the server has the message', async () => {
    await using world = await startPatient(
      answerJson(200, {
        success: true,
        messageId: 'true_x',
        chatId: '15551234567@c.us',
        ack: 1,
        timestamp: 1_700_000_000,
      }),
    );
    const { body, status } = await send(world);
    assert.deepEqual(sendsAsked(world), [
      { chatId: '15551234567@c.us', message: 'Hello', stanza_id: body.id },
    ]);
    assert.equal(status, 200);
    const { id, timestamp, ...rest } = body;
    assert.match(id, /^3EB0[0-9A-F]{18}$/);
    assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 60_000);
    assert.deepEqual(rest, {
      success: true,
      status: 'sent',
      message_id: 'true_x',
      chat_id: '15551234567@c.us',
      person: { phone_number: '15551234567' },
    });
  });

  it('answers 202 with the reason when the server has not acknowledged it', async () => {
    await using world = await startWorld(
      answerJson(200, { success: true, messageId: 'true_x', chatId: 'c', ack: 0, timestamp: 1 }),
    );
    const { body, status } = await waitsBecause(world, /not acknowledged/);
    assert.deepEqual([status, body.success], [202, true]);
    assert.equal(body.status, 'queued');
  });
});
