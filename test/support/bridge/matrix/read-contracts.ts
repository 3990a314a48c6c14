import assert from 'node:assert/strict';
import { chatsAnswerSchema, messagesAnswerSchema } from '../../../../services/contract/bridge.ts';
import { composeIncoming } from '../../../../services/sandbox/phone/compose-messages.ts';
import { lidOf } from '../../../../services/sandbox/web/people/directory.ts';
import type { Policy } from '../../../../services/sandbox/web/policy.ts';
import { until } from '../../until.ts';
import { type Contract, live } from './contract.ts';

/** What is read, and what is heard. */
export const READ_CONTRACTS: Readonly<Record<string, Contract>> = {
  lookup: live(async (scene) => {
    const { whatsapp_id, data } = await scene.incoming();
    const look = async (id: string) => (await scene.world.call('GET', `/messages/${id}`)).status;
    assert.equal(await look('3EB0000000000000000000'), 404);
    assert.deepEqual([await look(whatsapp_id), await look(data.stanza_id)], [200, 200]);
  }),
  people: live(async (scene) => {
    const { data } = await scene.incoming();
    const number = scene.person.replace('@c.us', '');
    assert.deepEqual([data.person?.phone_number, data.person?.lid], [number, `${lidOf(number)}@lid`]);
  }),
  acks: live(async (scene) => {
    const { message } = await scene.sendText();
    const heard = () =>
      scene.world.api.ofKind('ack').flatMap(({ data }) => (data.stanza_id === message.key ? [data.ack] : []));
    await until(`the ack ${lastAck(scene.policy)} comes`, () => heard().at(-1) === lastAck(scene.policy));
    assert.deepEqual(heard(), heard().toSorted());
    assert.equal(heard()[0], 1);
  }),
  inbound: live(async (scene) => {
    const { data } = await scene.incoming();
    assert.deepEqual([data.type, data.from_me], ['chat', false]);
  }),
  inbound_reactions: live(async (scene) => {
    const { whatsapp_id, data } = await scene.incoming();
    const id = `false_${scene.person}_${data.stanza_id}`;
    await scene.world.misbehave('reaction', { id, text: '🎉', from: scene.person });
    const event = await scene.hears('reaction', ({ data: told }) => told.reaction === '🎉');
    assert.equal(event.whatsapp_id, whatsapp_id);
  }),
  calls: live(async (scene) => {
    // Nobody hears of a call that came before the module of calls did.
    await until('calls are heard', async () => {
      const { reason = '' } = await scene.world.status();
      return !reason.includes('calls are reported once');
    });
    await scene.world.misbehave('call', { from: scene.person });
    const { data } = await scene.hears('call', () => true);
    assert.deepEqual([data.is_video, data.is_group], [false, false]);
  }),
  backfill: {
    phase: 'reload',
    /** The page has shown the message, and the bridge has not heard of it. */
    async prepare({ world: { sandbox }, person }) {
      const missed = composeIncoming({ from: person, body: 'missed' }, sandbox.phone);
      sandbox.phone.keep({ ...missed, delivered: true });
    },
    async run(scene) {
      const { data } = await scene.hears('message', ({ data: told }) => told.body === 'missed');
      const { chats } = chatsAnswerSchema.parse((await scene.world.call('GET', '/chats?limit=99')).body);
      assert.ok(chats.some(({ id }) => id === data.chat_id));
      const path = `/chats/${encodeURIComponent(data.chat_id)}/messages`;
      const { messages } = messagesAnswerSchema.parse((await scene.world.call('GET', path)).body);
      assert.deepEqual(
        messages.map(({ body }) => body),
        ['missed'],
      );
    },
  },
};

/** The highest ack that the server and the recipients give. */
function lastAck({ serverAckMs, deviceAckMs, readAckMs, playedAckMs }: Policy): number {
  return [serverAckMs, deviceAckMs, readAckMs, playedAckMs].findLastIndex((afterMs) => afterMs >= 0) + 1;
}
