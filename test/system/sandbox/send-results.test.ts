import assert from 'node:assert/strict';
import wweb from 'whatsapp-web.js';
import {
  addInPage,
  evaluate,
  messageInPage,
  resendInPage,
  sendInPage,
} from '../../support/sandbox/page-sends.ts';
import { recordOf } from '../../support/sandbox/sandbox-folder.ts';
import { DOT, type Witness, World } from '../../support/sandbox/world.ts';
import { until } from '../../support/until.ts';

const { MessageMedia } = wweb;
const TO = '15552220000@c.us';
const CAPPED = 'UserReachedMaxMonthlyLimitForNewMessages';

describe('sandbox, with the result of a send', () => {
  let world: World;
  let witness: Witness;

  before(async () => {
    world = await World.open();
    witness = await world.startReadyClient();
  });

  after(() => world[Symbol.asyncDispose]());

  afterEach(() => world.control('behave'));

  const blocked = { name: 'ContactBlocked', message: 'Contact is blocked' };
  const unknown = (ackErrorCode: number) => ({ messageSendResult: 'ERROR_UNKNOWN', ackErrorCode });
  const modes = [
    ['fail-result', unknown(479), -1, true, undefined],
    ['restrict-cold', unknown(463), -1, true, undefined],
    ['cap-new-chats', unknown(475), -1, true, CAPPED],
    ['fail-network', { messageSendResult: 'ERROR_NETWORK' }, 0, true, undefined],
    ['fail-send', { messageSendResult: 'ERROR_UNKNOWN' }, 0, true, undefined],
    ['blocked', blocked, 0, undefined, undefined],
  ] as const;

  for (const [mode, result, ack, isSendFailure, errorCode] of modes)
    it(`tells of ${mode} as data, and sends nothing`, async () => {
      await world.control('misbehave', { kind: 'policy', mode });
      const { id, ...told } = await sendInPage(witness, '15559990000@c.us', mode);
      assert.deepEqual(told, { result, ack, isSendFailure, errorCode });
      assert.equal(
        (await world.received()).some((message) => message.id === id),
        false,
      );
    });

  it('still shows a refusal after a reload', async () => {
    await world.control('misbehave', { kind: 'policy', mode: 'cap-new-chats' });
    const { id } = await sendInPage(witness, '15558880000@c.us', 'refused');
    await world.control('misbehave', { kind: 'reload' });
    await witness.next('ready');
    const { ack, isSendFailure, errorCode } = (await messageInPage(witness, id)) ?? {};
    assert.deepEqual([ack, isSendFailure, errorCode], [-1, true, CAPPED]);
  });

  it('tells of a success when the server has it, and marks the chat as read', async () => {
    await world.control('incoming', { from: TO, body: 'unread' });
    await witness.nextMessage();
    assert.equal((await witness.client.getChatById(TO)).unreadCount, 1);
    await world.control('misbehave', { kind: 'policy', deviceAckMs: -1, readAckMs: -1 });
    const { result, ack, isSendFailure } = await sendInPage(witness, TO, 'well');
    const { messageSendResult, t, count } = recordOf(result);
    assert.deepEqual([messageSendResult, typeof t, count], ['OK', 'number', null]);
    assert.deepEqual([ack, isSendFailure], [1, undefined]);
    assert.equal((await witness.client.getChatById(TO)).unreadCount, 0);
  });

  it('uploads the medium again when it is told to send a failed one again', async () => {
    await world.control('misbehave', { kind: 'policy', mode: 'fail-network' });
    const { id } = await witness.client.sendMessage(TO, new MessageMedia('image/png', DOT, 'dot.png'));
    await until('it failed', async () => (await messageInPage(witness, id._serialized))?.isSendFailure);
    const keyOf = () =>
      evaluate(witness, `return require('WAWebCollections').Msg.get('${id._serialized}').mediaKey`);
    const firstKey = await keyOf();
    await world.control('misbehave', { kind: 'policy', mode: 'fail-upload' });
    assert.equal(await resendInPage(witness, id._serialized), undefined);
    assert.equal((await messageInPage(witness, id._serialized))?.ack, -1);
    await world.control('misbehave', { kind: 'policy', mode: 'ok' });
    assert.equal(await resendInPage(witness, id._serialized), 'OK');
    assert.notEqual(await keyOf(), firstKey);
    const sent = (await world.received()).find((message) => message.id === id._serialized);
    assert.equal(recordOf(sent?.media).mimetype, 'image/png');
    assert.equal(sent?.adds, 1);
  });

  it('sends the latest edit of an edited message again, and no message', async () => {
    const { id } = await sendInPage(witness, TO, 'first words');
    await world.control('misbehave', { kind: 'policy', mode: 'fail-network' });
    await (await witness.client.getMessageById(id)).edit('second words');
    assert.equal((await messageInPage(witness, id))?.isSendFailure, true);
    await world.control('misbehave', { kind: 'policy', mode: 'ok' });
    assert.equal(await resendInPage(witness, id), undefined);
    const sent = (await world.received()).filter((message) => message.id === id);
    assert.deepEqual(
      sent.map(({ body, deliveries }) => [body, deliveries]),
      [['second words', 1]],
    );
    assert.equal((await messageInPage(witness, id))?.isSendFailure, false);
  });

  it('gives keys of their own to messages to oneself, which are read at once', async () => {
    const me = `${await evaluate(witness, `return require('WAWebUserPrefsMeUser').getMaybeMePnUser().user`)}@c.us`;
    const { id, ack } = await sendInPage(witness, me, 'note to self');
    assert.match(id, /^true_\d+@c\.us_3EB0[0-9A-F]+_out$/);
    assert.deepEqual([ack, witness.acksOf(id)], [3, [3]]);
    await world.control('misbehave', { kind: 'fromPhone', to: me, body: 'from the phone' });
    await until('it is there', () => witness.createdIds().some((other) => /_3A\w+_out$/.test(other)));
    await world.control('misbehave', { kind: 'reload' });
    await witness.next('ready');
    assert.equal((await messageInPage(witness, id))?.ack, 3);
  });

  it('lets sends wait for the end of offline delivery, while messages come in', async () => {
    await world.control('misbehave', { kind: 'settings', offlineDeliveryMs: 3_600_000 });
    await world.control('misbehave', { kind: 'reload' });
    await witness.next('ready');
    const wait = `require('WAWebEventsWaitForOfflineDeliveryEnd').isOfflineDeliveryEnd()`;
    assert.equal(await evaluate(witness, `return ${wait}`), false);
    const id = await addInPage(witness, TO, 'waiting');
    await world.control('incoming', { from: TO, body: 'meanwhile' });
    assert.equal((await witness.nextMessage()).body, 'meanwhile');
    assert.equal((await messageInPage(witness, id))?.ack, 0);
    assert.equal(world.running.phone.state.messages.has(id), false);
    await world.control('behave');
    await world.control('misbehave', { kind: 'reload' });
    await witness.next('ready');
    await until('the end', async () => evaluate(witness, `return ${wait}`));
    assert.equal(await resendInPage(witness, id), 'OK');
  });
});
