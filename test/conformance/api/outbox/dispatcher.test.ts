import assert from 'node:assert/strict';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { OutboxWorld } from '../../../support/api/outbox/outbox-world.ts';
import { until } from '../../../support/until.ts';

const ANN = '15550000001@c.us';
const BOB = '15550000002@c.us';

forEachDatabase((database) => {
  describe(`outbox on ${database.name}, while the bridge`, () => {
    const start = async () => OutboxWorld.start(await database.fresh());

    it('answers, sends each message once and notes when each hop had it', async () => {
      await using world = await start();
      const id = await world.queue(ANN, 'one');
      world.dispatcher.start();
      const message = await world.reaches(id, 'sent');
      assert.deepEqual(world.bridge.textsOf(ANN), ['one']);
      assert.equal(message.whatsappId, `true_${ANN}_${id}`);
      assert.ok((message.dispatchedAt ?? 0) >= message.acceptedAt);
      assert.ok((message.sentAt ?? 0) >= (message.dispatchedAt ?? Infinity));
    });

    it('is busy with other chats, keeps the order within each chat', async () => {
      await using world = await start();
      const ids: string[] = [];
      for (let turn = 0; turn < 6; turn += 1)
        for (const chat of [ANN, BOB]) ids.push(await world.queue(chat, `${chat} ${turn}`));
      // Every other call fails for now: what is behind must not overtake.
      world.bridge.behave = (_body, call) => (call % 2 === 0 ? 'send_failed' : 'send');
      world.dispatcher.start();
      for (const id of ids) await world.reaches(id, 'sent');
      for (const chat of [ANN, BOB])
        assert.deepEqual(
          world.bridge.textsOf(chat),
          Array.from({ length: 6 }, (_, turn) => `${chat} ${turn}`),
        );
    });

    it('fails for one chat, lets the others go on', async () => {
      await using world = await start();
      world.bridge.behave = ({ chatId }) => (chatId === ANN ? 'send_failed' : 'send');
      const stuck = await world.queue(ANN, 'stuck');
      const fine = await world.queue(BOB, 'fine');
      world.dispatcher.start();
      await world.reaches(fine, 'sent');
      assert.equal((await world.find(stuck)).state === 'sent', false);
      world.bridge.behave = () => 'send';
      await world.reaches(stuck, 'sent');
    });

    for (const behaviour of ['send-then-break', 'break', 'outcome_unknown', 'bridge_failed'] as const) {
      it(`leaves the outcome open (${behaviour}), asks again by id and sends exactly once`, async () => {
        await using world = await start();
        world.bridge.behave = (_body, call) => (call === 1 ? behaviour : 'send');
        const id = await world.queue(ANN, 'once');
        world.dispatcher.start();
        await world.reaches(id, 'sent');
        assert.deepEqual(world.bridge.textsOf(ANN), ['once']);
        const [first, second] = world.bridge.calls;
        assert.equal(first?.retry, undefined);
        assert.equal(second?.stanza_id, id);
        assert.ok(Math.abs((second?.retry?.since ?? 0) - Date.now() / 1000) < 60);
      });
    }

    it('left the outcome open and then was not ready, is asked to look first once it is ready', async () => {
      await using world = await start();
      world.bridge.behave = () => 'send-then-break';
      world.bridge.look = () => (world.bridge.calls.length === 2 ? 'whatsapp_not_ready' : undefined);
      const id = await world.queue(ANN, 'once');
      world.dispatcher.start();
      await world.reaches(id, 'sent');
      assert.deepEqual(world.bridge.textsOf(ANN), ['once']);
      const [, ...later] = world.bridge.calls;
      assert.ok(later.length > 1 && later.every(({ retry }) => retry !== undefined));
    });

    it('never heard of a message that was marked before a crash, looks for it before it sends', async () => {
      await using world = await start();
      const sentBefore = await world.queue(ANN, 'sent before', {
        state: 'sending',
        dispatchedAt: Date.now(),
      });
      world.bridge.phone.push({ id: sentBefore, chatId: ANN, text: 'sent before' });
      world.bridge.acked.add(sentBefore);
      const notSent = await world.queue(BOB, 'not sent', { state: 'sending', dispatchedAt: Date.now() });
      world.dispatcher.start();
      await world.reaches(sentBefore, 'sent');
      await world.reaches(notSent, 'sent');
      assert.deepEqual(
        world.bridge.phone.map(({ text }) => text),
        ['sent before', 'not sent'],
      );
      assert.ok(world.bridge.calls.every(({ retry }) => retry !== undefined));
    });

    it('has to tell a message from others like it, names those that were tried for long as well', async () => {
      await using world = await start();
      const long = await world.queue(ANN, 'same', { state: 'sent', dispatchedAt: Date.now() - 3_600_000 });
      const doubtful = await world.queue(ANN, 'same', { state: 'sending', dispatchedAt: Date.now() });
      await world.queue(ANN, 'same');
      world.dispatcher.start();
      await world.reaches(doubtful, 'sent');
      assert.deepEqual(world.bridge.calls[0]?.retry?.known, [long]);
    });

    for (const code of [
      'recipient_not_resolvable',
      'recipient_invalid',
      'chat_unknown',
      'send_refused',
      'media_unusable',
      'upload_failed',
      'not_found',
    ] as const) {
      it(`says ${code}, fails at once with that reason, tells the event log, and goes on with the next`, async () => {
        await using world = await start();
        world.bridge.behave = (_body, call) => (call === 1 ? code : 'send');
        const bad = await world.queue(ANN, 'bad');
        const good = await world.queue(ANN, 'good');
        world.dispatcher.start();
        const failed = await world.reaches(bad, 'failed');
        assert.deepEqual([failed.errorCode, failed.reason], [code, `because of ${code}`]);
        await world.reaches(good, 'sent');
        assert.deepEqual(world.bridge.textsOf(ANN), ['good']);
        const events = await world.store.read((db) => db.selectFrom('events').selectAll().execute());
        assert.deepEqual(
          events.map(({ type, key }) => [type, key]),
          [['message_failed', `message_failed:${bad}`]],
        );
      });
    }

    it('is not ready, tries no message in vain, and sends all when it is', async () => {
      await using world = await start();
      world.bridge.isReady = false;
      const ids = [];
      for (let turn = 0; turn < 20; turn += 1) ids.push(await world.queue(`1555000${1000 + turn}@c.us`, 'x'));
      world.dispatcher.start();
      await until('it has asked for the state a few times', () => world.bridge.statusCalls >= 3);
      assert.ok(world.bridge.calls.length <= 8, `${world.bridge.calls.length} messages were tried`);
      assert.match(world.dispatcher.whyWaiting ?? '', /qr/);
      world.bridge.isReady = true;
      for (const id of ids) await world.reaches(id, 'sent');
      assert.equal(world.bridge.phone.length, 20);
      assert.equal(world.dispatcher.whyWaiting, undefined);
    });

    it('is away, waits, and sends in order when it comes', async () => {
      await using world = await start();
      await world.bridge.goDown();
      const ids = [await world.queue(ANN, 'a'), await world.queue(ANN, 'b')];
      world.dispatcher.start();
      await until('it knows why it waits', () => world.dispatcher.whyWaiting);
      await world.bridge.goUp();
      for (const id of ids) await world.reaches(id, 'sent');
      assert.deepEqual(world.bridge.textsOf(ANN), ['a', 'b']);
    });

    it('brings no acknowledgement, keeps the message as sending until there is one', async () => {
      await using world = await start();
      world.bridge.behave = () => 'send-without-ack';
      const id = await world.queue(ANN, 'one');
      const next = await world.queue(ANN, 'two');
      world.dispatcher.start();
      await until('it was looked for again', () => world.bridge.calls.length >= 3);
      assert.equal((await world.find(id)).state, 'sending');
      assert.match((await world.find(id)).reason ?? '', /has not acknowledged/);
      assert.equal((await world.find(next)).state, 'queued');
      world.bridge.acked.add(id);
      await world.reaches(id, 'sent');
      await until('the next went out', () => world.bridge.textsOf(ANN).length === 2);
      assert.deepEqual(world.bridge.textsOf(ANN), ['one', 'two']);
    });

    it('was cut off by a restart of the api in the middle, and still gets each message once', async () => {
      await using world = await start();
      world.bridge.behave = () => 'send';
      const ids: string[] = [];
      for (let turn = 0; turn < 30; turn += 1) ids.push(await world.queue(turn % 2 ? ANN : BOB, `${turn}`));
      world.dispatcher.start();
      for (let cut = 1; cut <= 5; cut += 1) {
        await until('some went out', () => world.bridge.phone.length >= cut * 3);
        await world.restart();
        world.dispatcher.start();
      }
      for (const id of ids) await world.reaches(id, 'sent');
      const sent = world.bridge.phone.map(({ id }) => id);
      assert.equal(new Set(sent).size, sent.length, 'one was sent twice');
      assert.equal(sent.length, 30);
    });

    it('sends a message again under another id, later acks of that id count', async () => {
      await using world = await start();
      const id = await world.queue(ANN, 'x');
      // As the try that WhatsApp refused has left it.
      await world.store.write((db) =>
        db
          .updateTable('messages')
          .set({ whatsapp_id: `true_${ANN}_3EB0OLD` })
          .where('id', '=', id)
          .execute(),
      );
      world.dispatcher.start();
      assert.equal((await world.reaches(id, 'sent')).whatsappId, `true_${ANN}_${id}`);
    });

    it('does an action, does not take the acks of its target for its own', async () => {
      await using world = await start();
      const target = `true_${ANN}_3EB0AAAAAAAAAAAAAAAAAA`;
      const content = { kind: 'reaction', target, emoji: '+' } as const;
      const id = await world.queue(ANN, '', { content });
      world.dispatcher.start();
      assert.equal((await world.reaches(id, 'sent')).whatsappId, undefined);
    });

    it('gets the WhatsApp id of a message of ours that another answers', async () => {
      await using world = await start();
      const first = await world.queue(ANN, 'question');
      const content = { kind: 'text', text: 'answer', reply_to: first } as const;
      const second = await world.queue(ANN, '', { content });
      world.dispatcher.start();
      await world.reaches(second, 'sent');
      assert.deepEqual(world.bridge.calls.at(-1)?.content, { ...content, reply_to: `true_${ANN}_${first}` });
    });
  });
});
