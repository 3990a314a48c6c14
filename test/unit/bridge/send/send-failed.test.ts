import assert from 'node:assert/strict';
import { nextStanzaId } from '../../../../services/bridge/send/request.ts';
import { ModelWorld } from '../../../support/bridge/model-world.ts';
import { attemptsOf, DOT, fails, newId, sendsOf, sent } from '../../../support/bridge/send-support.ts';
import type { Answer } from '../../../support/bridge/world.ts';

const TO = '15552220000@c.us';
const retry = { since: Math.floor(Date.now() / 1000), known: [] };
const lookOnly = { retry: { ...retry, only_look: true } };

describe('bridge, a message that WhatsApp Web has given up', () => {
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

  for (const [mode, code, status, detail] of [
    ['fail-network', 'send_failed', 502, /ERROR_NETWORK/],
    ['fail-result', 'send_refused', 502, /error 479/],
    ['restrict-cold', 'recipient_restricted', 429, /463/],
    ['cap-new-chats', 'recipient_restricted', 429, /475/],
  ] as const)
    for (const isBridgeKilled of [false, true])
      it(`is tried again under its own id by the page${isBridgeKilled ? ', after the bridge was killed,' : ''} when asked again: ${mode}`, async () => {
        const id = newId();
        await world.misbehave('policy', { mode });
        fails(await send('again', id), status, code, detail);
        assert.equal(sendsOf(world, 'again'), 0);
        fails(await send('again', id, { retry }), status, code, detail);
        fails(await send('again', id, lookOnly), 404, 'not_found', /was not sent/);
        await world.behave();
        if (isBridgeKilled) await world.restartBridge();
        const answer = sent(await send('again', id, isBridgeKilled ? {} : { retry }));
        assert.deepEqual([answer.messageId, answer.ack >= 1], [`true_${TO}_${id}`, true]);
        assert.equal(sent(await send('again', id, { retry })).messageId, `true_${TO}_${id}`);
        assert.equal(sendsOf(world, 'again'), 1);
      });

  it('is not sent, and says how to unblock, when this account has blocked the contact', async () => {
    const id = newId();
    await world.misbehave('policy', { mode: 'blocked' });
    fails(await send('blocked', id), 502, 'send_refused', /unblock the contact on the phone/);
    fails(await send('blocked', id, lookOnly), 404, 'not_found');
    await world.behave();
    // The page does not count it as failed, and has no retry for it; the server never heard of it.
    assert.equal(sent(await send('blocked', id, { retry })).messageId, `true_${TO}_${nextStanzaId(id)}`);
    assert.equal(sendsOf(world, 'blocked'), 1);
  });

  it('is looked for only when nobody wants it sent any more, also after a crash', async () => {
    const id = newId();
    world.onMoment = (moment) => moment === 'added' && world.killBrowser();
    fails(await send('crashed', id), 504, 'outcome_unknown');
    world.onMoment = () => undefined;
    await world.untilReady();
    fails(await send('crashed', id, lookOnly), 404, 'not_found');
    assert.equal(sendsOf(world, 'crashed'), 0);
  });

  it('is uploaded again when it is a medium, and tried later when that fails', async () => {
    const id = newId();
    const content = { kind: 'media', mimetype: 'image/png', data: DOT, caption: 'a dot' };
    const post = (more: object = {}) => world.post({ chatId: TO, content, stanza_id: id, ...more });
    await world.misbehave('policy', { mode: 'fail-network' });
    fails(await post(), 502, 'send_failed');
    await world.misbehave('policy', { mode: 'fail-upload' });
    fails(await post({ retry }), 502, 'send_failed', /retry sent nothing/);
    await world.behave();
    assert.equal(sent(await post({ retry })).messageId, `true_${TO}_${id}`);
  });

  it('is waited for, and not sent again, while it is under way', async () => {
    const id = newId();
    await world.misbehave('policy', { mode: 'no-ack' });
    world.limits.ackWaitMs = 50;
    assert.equal(sent(await send('under way', id)).ack, 0);
    assert.equal(sent(await send('under way', id, { retry })).ack, 0);
    assert.deepEqual([sendsOf(world, 'under way'), attemptsOf(world, id)], [1, 1]);
  });

  it('hears what ends it while it is waited for', async () => {
    const id = newId();
    const { phone } = world.sandbox;
    phone.isOffline = true;
    world.limits.ackWaitMs = 50;
    assert.equal(sent(await send('late', id)).ack, 0);
    world.limits.ackWaitMs = 60_000;
    const asked = send('late', id, { retry });
    await world.misbehave('policy', { mode: 'restrict-cold' });
    phone.isOffline = false;
    fails(await asked, 429, 'recipient_restricted', /463/);
  });

  it('goes under another id where the page has no retry, and the server has refused it', async () => {
    const id = newId();
    await world.misbehave('settings', { without: ['WAWebResendMsgAction'] });
    await world.reload();
    await world.misbehave('policy', { mode: 'fail-result' });
    fails(await send('no retry', id), 502, 'send_refused');
    await world.behave();
    const { messageId } = sent(await send('no retry', id, { retry }));
    assert.equal(messageId, `true_${TO}_${nextStanzaId(id)}`);
    assert.equal(sent(await send('no retry', id, { retry })).messageId, messageId);
    assert.equal(sendsOf(world, 'no retry'), 1);
  });

  it('fails with the reason where the page has no retry, and the server might have it', async () => {
    const id = newId();
    await world.misbehave('settings', { without: ['WAWebResendMsgAction'] });
    await world.misbehave('policy', { serverAckMs: -1 });
    world.onMoment = (moment) => moment === 'received' && world.killBrowser();
    fails(await send('no retry', id), 504, 'outcome_unknown');
    world.onMoment = () => undefined;
    await world.untilReady();
    const again = await send('no retry', id, { retry });
    fails(again, 502, 'send_refused', /look at the chat on the phone/);
    assert.equal(sendsOf(world, 'no retry'), 1);
  });
});
