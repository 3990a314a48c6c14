import assert from 'node:assert/strict';
import { nextStanzaId } from '../../../../services/bridge/send/request.ts';
import { fails, PATIENT, sendsOf, sent } from '../../../support/bridge/send-support.ts';
import { until } from '../../../support/bridge/until.ts';
import { type Answer, startWorld, type World } from '../../../support/bridge/world.ts';

const TO = '15552220000@c.us';
const RETRY = { since: Math.floor(Date.now() / 1000), known: [] };

describe('bridge, asked to send the same id again', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
    await world.link({ limits: PATIENT });
  });
  afterEach(async () => {
    await world.phone('behave', {});
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
  });

  let count = 0;
  const newId = () => {
    count += 1;
    return `3EB0${String(count).padStart(18, '0')}`;
  };
  const send = (text: string, stanza_id: string, more: object = {}): Promise<Answer> =>
    world.send(text, TO, { stanza_id, ...more });

  /** How often the bridge has turned to the page with it. */
  const attempts = (id: string) =>
    world.log.filter((line) => line.includes(`message ${id} goes to the page`)).length;

  it('gives all who ask while it is under way the one outcome', async () => {
    await world.misbehave('policy', { addMs: 300 });
    const id = newId();
    const answers = await Promise.all([
      send('at once', id),
      send('at once', id),
      send('at once', id, { retry: RETRY }),
    ]);
    const ids = answers.map((answer) => sent(answer).messageId);
    assert.deepEqual([...new Set(ids)], [`true_${TO}_${id}`]);
    assert.equal(sendsOf(world, 'at once'), 1);
    assert.equal(attempts(id), 1);
  });

  it('gives all of them the one failure, too', async () => {
    await world.misbehave('policy', { mode: 'fail-add', addMs: 300 });
    const id = newId();
    const answers = await Promise.all([send('in vain', id), send('in vain', id)]);
    for (const answer of answers) fails(answer, 502, 'send_failed');
    assert.equal(attempts(id), 1);
  });

  it('lets one that sends not share the fate of one that only looks', async () => {
    const id = newId();
    const [looked, answer] = await Promise.all([
      send('send it', id, { retry: { ...RETRY, only_look: true } }),
      send('send it', id, { retry: RETRY }),
    ]);
    assert.ok(looked.status === 404 || looked.status === 200, JSON.stringify(looked));
    assert.equal(sent(answer).messageId, `true_${TO}_${id}`);
    assert.equal(sendsOf(world, 'send it'), 1);
  });

  it('answers again what it has answered, with the ack of now, and sends nothing', async () => {
    const id = newId();
    const first = sent(await send('once', id));
    await until('the ack 3', () =>
      world.api.ofKind('ack').some(({ data }) => data.stanza_id === id && data.ack === 3),
    );
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
    await world.untilState('degraded');
    assert.equal(sent(await send('had', id)).messageId, first.messageId);
    await world.misbehave('online');
    await world.untilState('ready');
  });

  it('waits anew for the ack of a message without one', async () => {
    await world.misbehave('policy', { serverAckMs: PATIENT.ackWaitMs + 500 });
    const id = newId();
    assert.equal(sent(await send('slow', id)).ack, 0);
    assert.equal(sent(await send('slow', id, { retry: RETRY })).ack, 1);
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

  it('sends under the next id what WhatsApp has refused, and finds it there', async () => {
    await world.misbehave('policy', { mode: 'fail-result' });
    const id = newId();
    fails(await send('second try', id), 502, 'send_refused');
    await world.phone('behave', {});
    const { messageId } = sent(await send('second try', id, { retry: RETRY }));
    assert.equal(messageId, `true_${TO}_${nextStanzaId(id)}`);
    assert.equal(sent(await send('second try', id, { retry: RETRY })).messageId, messageId);
    assert.equal(sendsOf(world, 'second try'), 1);
  });

  it('is not deceived by a message of somebody else with the same id', async () => {
    const id = newId();
    await world.phone('incoming', { from: TO, body: 'echo', key: id });
    await until('it is here', () => world.api.ofKind('message').some(({ data }) => data.stanza_id === id));
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
