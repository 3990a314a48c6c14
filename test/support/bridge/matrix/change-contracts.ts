import assert from 'node:assert/strict';
import { until } from '../../until.ts';
import { newId } from '../send-support.ts';
import { EndedOtherwise } from './cells.ts';
import { type Contract, live } from './contract.ts';

const ME = '15550001111@c.us';

/** What is done to messages that are there, and sends that failed. */
export const CHANGE_CONTRACTS: Readonly<Record<string, Contract>> = {
  edit: live(async (scene) => {
    const { answer, message } = await scene.sendText();
    await scene.send({ kind: 'edit', target: answer.messageId, text: 'edited' });
    const { body, edited } = scene.kept(message);
    assert.deepEqual([body, edited], ['edited', true]);
  }),
  revoke: live(async (scene) => {
    const { answer, message } = await scene.sendText();
    await scene.send({ kind: 'delete', target: answer.messageId });
    assert.equal(scene.kept(message).type, 'revoked');
  }),
  react: live(async (scene) => {
    const { whatsapp_id, data } = await scene.incoming();
    await scene.send({ kind: 'reaction', target: whatsapp_id, emoji: '👍' });
    const id = `false_${scene.person}_${data.stanza_id}`;
    assert.deepEqual(scene.kept({ id }).reactions, { [ME]: '👍' });
  }),
  resend: {
    phase: 'alone',
    async run(scene) {
      const content = { kind: 'text', text: scene.text } as const;
      const stanzaId = newId();
      await scene.ready();
      await scene.world.misbehave('policy', { mode: 'fail-network' });
      const failed = await scene.try(content, scene.person, stanzaId);
      await scene.world.misbehave('policy', { mode: scene.policy.mode });
      // A page whose sends cannot be followed shows only that no ack has come: the api looks for the message later.
      const isOpen = 'answer' in failed ? failed.answer.ack === 0 : failed.entry.isFinal !== true;
      assert.ok(isOpen, `a send that failed counts as sent, or as refused: ${JSON.stringify(failed)}`);
      const { message } = await scene.send(content, { stanzaId, isDoubtful: true });
      assert.equal(message.adds?.length, 1);
      assert.deepEqual(
        scene.world.received().filter((body) => body === scene.text),
        [scene.text],
      );
    },
  },
  reconnect: {
    phase: 'alone',
    async run(scene) {
      await scene.ready();
      await scene.world.misbehave('policy', { serverAckMs: -1 });
      const stanzaId = newId();
      const content = { kind: 'text', text: scene.text } as const;
      const first = await scene.try(content, scene.person, stanzaId);
      const { log } = scene.world;
      const isThere = () => scene.world.received().includes(scene.text);
      if ('answer' in first) await until('the server has the message', isThere);
      const isAwaited = isThere();
      if (isAwaited)
        await until('the watchdog lets the page connect anew', () =>
          log.some((line) => line.includes('the page is asked to connect anew')),
        );
      await scene.world.misbehave('policy', { serverAckMs: scene.policy.serverAckMs });
      if (!isAwaited && 'entry' in first) throw new EndedOtherwise(first.entry.isFinal ? 'refused' : 'waits');
      const { message } = await scene.send(content, { stanzaId, isDoubtful: true });
      assert.ok(scene.kept(message).ack > 0);
      await scene.ready();
    },
  },
};
