import assert from 'node:assert/strict';
import { ModelWorld } from '../../../support/bridge/model-world.ts';
import { attemptsOf, fails, newId, sendsOf, sent } from '../../../support/bridge/send-support.ts';
import type { Answer } from '../../../support/bridge/world.ts';
import { until } from '../../../support/until.ts';

const TO = '15552220000@c.us';
const RETRY = { since: Math.floor(Date.now() / 1000), known: [] };

describe('bridge, asked to send the same id again', () => {
  let world: ModelWorld;
  beforeEach(async () => {
    world = new ModelWorld();
    await world.untilReady();
  });
  afterEach(async () => {
    await world[Symbol.asyncDispose]();
  });

  const send = (text: string, stanza_id: string, more: object = {}): Promise<Answer> =>
    world.send(text, TO, { stanza_id, ...more });
  const ackOf = (id: string) => world.sender.acks.of(id);

  it('gives all who ask while it is under way the one outcome', async () => {
    const id = newId();
    const answers = await Promise.all([
      send('at once', id),
      send('at once', id),
      send('at once', id, { retry: RETRY }),
    ]);
    const ids = answers.map((answer) => sent(answer).messageId);
    assert.deepEqual([...new Set(ids)], [`true_${TO}_${id}`]);
    assert.equal(sendsOf(world, 'at once'), 1);
    assert.equal(attemptsOf(world, id), 1);
  });

  it('gives all of them the one failure, too', async () => {
    await world.misbehave('policy', { mode: 'fail-add' });
    const id = newId();
    const answers = await Promise.all([send('fails', id), send('fails', id)]);
    for (const answer of answers) fails(answer, 502, 'send_failed');
    assert.equal(attemptsOf(world, id), 1);
  });

  it('lets one that sends not share the fate of one that only looks', async () => {
    const id = newId();
    const [looked, answer] = await Promise.all([
      send('send it', id, { retry: { ...RETRY, only_look: true } }),
      send('send it', id, { retry: RETRY }),
    ]);
    fails(looked, 404, 'not_found', /was not sent/);
    assert.equal(sent(answer).messageId, `true_${TO}_${id}`);
    assert.equal(sendsOf(world, 'send it'), 1);
  });

  it('answers again what it has answered, with the ack of now, and sends nothing', async () => {
    const id = newId();
    const first = sent(await send('once', id));
    await until('the ack 3', () => ackOf(id) === 3);
    for (const retry of [undefined, RETRY, { ...RETRY, only_look: true }]) {
      const again = sent(await send('once', id, retry === undefined ? {} : { retry }));
      assert.deepEqual(again, { ...first, ack: 3 });
    }
    assert.equal(sendsOf(world, 'once'), 1);
  });

  it('answers also while the session is not ready, once WhatsApp has the message', async () => {
    const id = newId();
    const first = sent(await send('had', id));
    await world.misbehave('offline');
    fails(await world.send('another'), 503, 'whatsapp_not_ready');
    assert.equal(sent(await send('had', id)).messageId, first.messageId);
  });

  for (const more of [{}, { retry: RETRY }])
    it(`answers with ack 0 when no ack comes in time, and waits again when asked again, with ${JSON.stringify(Object.keys(more))}`, async () => {
      world.limits.ackWaitMs = 20;
      await world.misbehave('policy', { serverAckMs: -1 });
      const id = newId();
      const { messageId, ack } = sent(await send('slow', id));
      assert.equal(ack, 0);
      world.limits.ackWaitMs = 60_000;
      const again = send('slow', id, more);
      setTimeout(() => world.misbehave('ack', { id: messageId, ack: 1 }), 50);
      const second = sent(await again);
      assert.deepEqual([second.messageId, second.ack], [messageId, 1]);
      assert.equal(sendsOf(world, 'slow'), 1);
    });

  it('sends what was never sent, and does not when it is only to look', async () => {
    const id = newId();
    const look = () => send('never sent', id, { retry: { ...RETRY, only_look: true } });
    fails(await look(), 404, 'not_found', /was not sent/);
    assert.equal(sendsOf(world, 'never sent'), 0);
    const { messageId } = sent(await send('never sent', id, { retry: RETRY }));
    assert.equal(messageId, `true_${TO}_${id}`);
    assert.equal(sent(await look()).messageId, messageId);
    assert.equal(sendsOf(world, 'never sent'), 1);
  });

  it('is not deceived by a message of somebody else with the same id', async () => {
    const id = newId();
    world.incoming({ from: TO, body: 'echo', key: id });
    await until('it is here', () =>
      world.events.some((event) => event.kind === 'message' && event.message.stanza_id === id),
    );
    assert.equal(sent(await send('echo', id, { retry: RETRY })).messageId, `true_${TO}_${id}`);
    assert.equal(sendsOf(world, 'echo'), 1);
  });

  it('does not take another message with the same text for it: this page lets ids be chosen', async () => {
    sent(await send('yes', newId()));
    const id = newId();
    assert.equal(sent(await send('yes', id, { retry: RETRY })).messageId, `true_${TO}_${id}`);
    assert.equal(sendsOf(world, 'yes'), 2);
  });
});
