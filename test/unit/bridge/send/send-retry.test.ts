import assert from 'node:assert/strict';
import type { PhoneMessage } from '../../../../services/sandbox/phone/journal-records.ts';
import { ModelWorld } from '../../../support/bridge/model-world.ts';
import type { Moment } from '../../../support/bridge/page-outbox.ts';
import {
  attemptsOf,
  fails,
  kitMessages,
  newId,
  sendsOf,
  sendUntilSent,
  sent,
} from '../../../support/bridge/send-support.ts';
import type { Answer } from '../../../support/bridge/world.ts';
import { until } from '../../../support/until.ts';

const TO = '15552220000@c.us';
const GROUP = '120363000000000001@g.us';
const retry = { since: Math.floor(Date.now() / 1000), known: [] };

describe('bridge, after a send of which nobody knows what became of it', () => {
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

  /** Ends something at the first such moment of this message. */
  function at(wanted: Moment, id: string, act: () => void): void {
    world.onMoment = (moment, { key }) => {
      if (moment !== wanted || key !== id) return;
      world.onMoment = () => undefined;
      act();
    };
  }

  for (const moment of ['adding', 'added', 'received'] as const)
    for (const isBridgeKilled of [false, true])
      it(`sends it once when the browser${isBridgeKilled ? ' and the bridge are' : ' is'} killed, with the message ${moment}`, async () => {
        const id = newId();
        at(moment, id, () => world.killBrowser());
        fails(await send('killed', id), 504, 'outcome_unknown', new RegExp(id));
        if (isBridgeKilled) await world.restartBridge();
        await world.untilReady();
        const { messageId } = sent(await send('killed', id, { retry }));
        assert.equal(messageId, `true_${TO}_${id}`);
        await until('the phone has it', () => sendsOf(world, 'killed') > 0);
        assert.equal(sendsOf(world, 'killed'), 1);
      });

  it('answers, and sends nothing again, when the browser is killed after the ack of the server', async () => {
    const id = newId();
    at('acknowledged', id, () => setImmediate(() => setImmediate(() => world.killBrowser())));
    const first = await send('acknowledged', id);
    await world.untilReady();
    if (first.status !== 200) fails(first, 504, 'outcome_unknown');
    assert.equal(sent(await send('acknowledged', id, { retry })).messageId, `true_${TO}_${id}`);
    assert.equal(sendsOf(world, 'acknowledged'), 1);
  });

  it('finds it when the browser was killed while the phone was away, and does not send it again', async () => {
    const id = newId();
    const { phone } = world.sandbox;
    // The page is not told: it goes on, and keeps what it adds in its own outbox.
    phone.isOffline = true;
    const sending = send('added', id);
    await until('it is added', () => world.events.some(({ kind }) => kind === 'message_sent'));
    world.killBrowser();
    fails(await sending, 504, 'outcome_unknown', new RegExp(id));
    assert.equal(sendsOf(world, 'added'), 0);
    phone.isOffline = false;
    await world.untilReady();
    assert.equal(sent(await send('added', id, { retry })).messageId, `true_${TO}_${id}`);
    assert.equal(sendsOf(world, 'added'), 1);
  });

  for (const moment of ['adding', 'added', 'received'] as const)
    it(`sends it once when the page is loaded again, with the message ${moment}`, async () => {
      const id = newId();
      at(moment, id, () => void world.reload());
      const { answer, failures } = await sendUntilSent(world, 'reloaded', TO, id);
      assert.equal(answer.messageId, `true_${TO}_${id}`);
      if (moment === 'adding') assert.notEqual(failures.length, 0);
      await until('the phone has it', () => sendsOf(world, 'reloaded') > 0);
      assert.equal(sendsOf(world, 'reloaded'), 1);
    });

  it('finds it after the bridge was killed, though it is older than what the page has loaded', async () => {
    const [id, idInGroup, loadedId] = [newId(), newId(), newId()];
    const { messageId } = sent(await send('old', id));
    const inGroup = sent(await world.send('old in a group', GROUP, { stanza_id: idInGroup }));
    for (let n = 0; n < 250; n++) keepOnPhone(`from somebody: ${n}`);
    // Somebody's message with the very id comes first.
    world.incoming({ from: TO, body: 'an echo', key: loadedId });
    const loaded = sent(await send('new', loadedId));
    await world.restartBridge();
    // Since later than that: by its likeness it is not found.
    const later = { retry: { since: Math.floor(Date.now() / 1000) + 600, known: [] } };
    assert.equal(sent(await send('old', id, later)).messageId, messageId);
    const again = await world.send('old in a group', GROUP, { stanza_id: idInGroup, ...later });
    assert.equal(sent(again).messageId, inGroup.messageId);
    // Though nobody says that it is a second try.
    assert.equal(sent(await send('new', loadedId)).messageId, loaded.messageId);
    assert.equal(attemptsOf(world, loadedId), 2);
    const counts = ['old', 'old in a group', 'new'].map((text) => sendsOf(world, text));
    assert.deepEqual(counts, [1, 1, 1]);
  });

  function keepOnPhone(body: string): void {
    const [example] = kitMessages(world);
    assert.ok(example);
    const key = newId();
    const message: PhoneMessage = {
      ...example,
      ...{ id: `false_15556660000@c.us_${key}`, key, chat_id: '15556660000@c.us', from_me: false, body },
      ...{ origin: 'contact', delivered: true, adds: [] },
    };
    world.sandbox.phone.keep(message);
  }
});
