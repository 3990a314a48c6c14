import assert from 'node:assert/strict';
import { ModelWorld } from '../../../support/bridge/model-world.ts';
import { fails, newId, sendsOf, sent } from '../../../support/bridge/send-support.ts';

const TO = '15552220000@c.us';
const RETRY = { since: Math.floor(Date.now() / 1000) - 60, known: [] };
const SEND_MS = 250;
/** A busy machine does not reach it. */
const ACK_WAIT_MS = 10_000;

describe('bridge, when a send hangs in the page', () => {
  let world: ModelWorld;
  beforeEach(async () => {
    world = new ModelWorld();
    await world.untilReady();
    await world.misbehave('policy', { mode: 'hang-add' });
    Object.assign(world.limits, { sendMs: SEND_MS, ackWaitMs: ACK_WAIT_MS });
  });
  afterEach(async () => {
    await world[Symbol.asyncDispose]();
  });

  /** No other send of this test is about the limit. */
  async function endHang(): Promise<void> {
    world.limits.sendMs = 60_000;
    await world.behave();
    await world.untilReady();
  }

  it('ends the browser in which it may yet go out, and sends it once with the next', async () => {
    const id = newId();
    const hanging = await world.send('hangs', TO, { stanza_id: id });
    fails(hanging, 504, 'outcome_unknown', new RegExp(`true_${TO}_${id}`));
    assert.deepEqual(
      world.ends.map(({ kind }) => kind),
      ['failed'],
    );
    await endHang();
    const again = await world.send('hangs', TO, { stanza_id: id, retry: RETRY });
    assert.equal(sent(again).messageId, `true_${TO}_${id}`);
    assert.equal(sendsOf(world, 'hangs'), 1);
    assert.equal(world.ends.length, 1);
  });

  it('answers each that waits behind it before its caller gives up, and sends none of them later', async () => {
    const texts = ['hangs, too', 'waits', 'waits, too'];
    const gaveUp = new AbortController();
    const timer = setTimeout(() => gaveUp.abort(), SEND_MS + ACK_WAIT_MS);
    const answers = await Promise.all(texts.map((text, n) => world.send(text, `1555222000${n}@c.us`)));
    clearTimeout(timer);
    assert.ok(!gaveUp.signal.aborted, 'a caller gave up before its answer');
    const codes = answers.map(({ status }) => status).sort();
    assert.deepEqual(codes, [503, 503, 504], JSON.stringify(answers));
    await endHang();
    sent(await world.send('goes on again'));
    assert.deepEqual(
      texts.map((text) => sendsOf(world, text)),
      [0, 0, 0],
    );
  });
});
