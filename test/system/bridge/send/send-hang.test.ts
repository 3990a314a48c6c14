import assert from 'node:assert/strict';
import { fails, sendsOf, sent } from '../../../support/bridge/send-support.ts';
import { until } from '../../../support/bridge/until.ts';
import { startWorld, type World } from '../../../support/bridge/world.ts';

const TO = '15552220000@c.us';
const LIMITS = { callMs: 10_000, sendMs: 3_000, ackWaitMs: 5_000, previewMs: 500 };

describe('bridge, when a send hangs in the page', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
    await world.link({ limits: LIMITS });
  });
  afterEach(async () => {
    await world.phone('behave', {});
    await untilReady();
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
  });

  const untilReady = () => until('ready', async () => (await world.status()).whatsapp_ready);

  it('ends the browser in which it may yet go out, and sends it once with the next', async () => {
    await world.misbehave('policy', { mode: 'hang-add' });
    const { browser_pid: pid = 0 } = await world.status();
    const id = '3EB0FFFFFFFFFFFFFFFFFF';
    const hanging = await world.send('hangs', TO, { stanza_id: id });
    fails(hanging, 504, 'outcome_unknown', new RegExp(`true_${TO}_${id}`));
    await world.phone('behave', {});
    await world.untilReadyAgain(pid);
    const retry = { since: Math.floor(Date.now() / 1000) - 60, known: [] };
    assert.equal(sent(await world.send('hangs', TO, { stanza_id: id, retry })).messageId, `true_${TO}_${id}`);
    assert.equal(sendsOf(world, 'hangs'), 1);
    assert.equal((await world.status()).restarts, 1);
  });

  it('answers each that waits behind it before its caller gives up, and sends none of them later', async () => {
    await world.misbehave('policy', { mode: 'hang-add' });
    const texts = ['hangs, too', 'waits', 'waits, too'];
    const startedAt = performance.now();
    const answers = await Promise.all(texts.map((text, n) => world.send(text, `1555222000${n}@c.us`)));
    const tookMs = performance.now() - startedAt;
    assert.ok(tookMs < LIMITS.sendMs + LIMITS.ackWaitMs, `the last answer came after ${tookMs} ms`);
    const codes = answers.map(({ status }) => status).sort();
    assert.deepEqual(codes, [503, 503, 504], JSON.stringify(answers));
    await world.phone('behave', {});
    await untilReady();
    assert.equal((await world.send('goes on again')).status, 200);
    assert.deepEqual(
      texts.map((text) => sendsOf(world, text)),
      [0, 0, 0],
    );
  });

  it('sends one without the preview of its link that hangs, and keeps the browser', async () => {
    await world.misbehave('policy', { previewMs: 3_600_000 });
    const before = await world.status();
    const id = '3EB0EEEEEEEEEEEEEEEEEE';
    const text = 'see https://example.com/slow';
    assert.equal(sent(await world.send(text, TO, { stanza_id: id })).messageId, `true_${TO}_${id}`);
    assert.equal(sendsOf(world, text), 1);
    const after = await world.status();
    assert.deepEqual([after.browser_pid, after.restarts], [before.browser_pid, before.restarts]);
  });
});
