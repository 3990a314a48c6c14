import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { endCanceled } from '../../../../services/api/outbox/endings.ts';
import { whyFirstHeld } from '../../../../services/api/outbox/page-compat.ts';
import { applyEvents } from '../../../../services/api/outbox/transitions.ts';
import type { CapabilityState } from '../../../../services/contract/compat.ts';
import type { MessageContent } from '../../../../services/contract/content.ts';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { NO_PACING, OutboxWorld } from '../../../support/api/outbox/outbox-world.ts';
import { until } from '../../../support/until.ts';

const ANN = '15550000001@c.us';
const LOCATION: MessageContent = { kind: 'location', latitude: 1, longitude: 2 };
const ALL_KINDS = ['text', 'media', 'location', 'contact', 'reaction', 'edit', 'delete', 'reply'];

const broken = (capability: string, ...kinds: string[]): CapabilityState => ({
  capability,
  state: 'broken',
  reason: 'a module is missing',
  kinds,
});

const reactionTo = (target: string): MessageContent => ({ kind: 'reaction', target, emoji: '+' });
const replyTo = (target: string): MessageContent => ({ kind: 'text', text: 'see', reply_to: target });

/** What the intake does with an event of the bridge. */
async function tell(world: OutboxWorld, row: CapabilityState): Promise<void> {
  const head = { session: 'default', key: randomUUID(), at: new Date().toISOString() };
  await world.store.write((db) => applyEvents(db, [{ ...head, kind: 'compat', data: row }], Date.now()));
  world.dispatcher.wake();
}

const isSetAside = (world: OutboxWorld, id: string) =>
  until(
    `message ${id} is set aside`,
    async () => {
      const message = await world.find(id);
      return message.errorCode === 'page_incompatible' && message;
    },
    { more: () => JSON.stringify(world.bridge.calls) },
  );

forEachDatabase((database) => {
  describe(`messages that the page of WhatsApp cannot send, on ${database.name}`, () => {
    // Nothing wakes the outbox for a look at a message that is held and may have been sent.
    const start = async () => OutboxWorld.start(await database.fresh(), NO_PACING, { lookMs: 20 });

    it('wait with their reason while those behind them go on, and go out in order once it is restored', async () => {
      await using world = await start();
      world.bridge.broken = [broken('send_location', 'location')];
      await tell(world, broken('send_location', 'location'));
      const first = await world.queue(ANN, '', { content: LOCATION });
      const text = await world.queue(ANN, 'a text');
      const second = await world.queue(ANN, '', { content: { ...LOCATION, name: 'second' } });
      world.dispatcher.start();
      await world.reaches(text, 'sent');
      for (const id of [first, second]) {
        const { state, reason } = await isSetAside(world, id);
        assert.equal(state, 'queued');
        assert.match(reason ?? '', /^page_incompatible: .*send_location \(a module is missing\).* location /);
      }
      await until('they are counted', () => world.dispatcher.held === 2);
      await tell(world, { capability: 'send_location', state: 'patched', kinds: ['location'] });
      for (const id of [first, second]) {
        const { errorCode, reason } = await world.reaches(id, 'sent');
        assert.deepEqual([errorCode, reason], [undefined, undefined]);
      }
      assert.deepEqual(
        world.bridge.calls.map(({ stanza_id }) => stanza_id),
        [text, first, second],
      );
      await until('none is counted', () => world.dispatcher.held === 0);
      assert.equal(world.bridge.compatCalls, 1, 'the bridge was asked once, while something was held');
    });

    it('stay set aside over a restart, without a word of the bridge', async () => {
      await using world = await start();
      await tell(world, broken('send_text', 'text'));
      world.bridge.broken = [broken('send_text', 'text')];
      const id = await world.queue(ANN, 'a text');
      world.dispatcher.start();
      await isSetAside(world, id);
      await world.restart();
      world.dispatcher.start();
      await world.reaches(await world.queue(ANN, '', { content: LOCATION }), 'sent');
      await isSetAside(world, id);
      assert.deepEqual(
        world.bridge.calls.map(({ content }) => content?.kind),
        ['location'],
      );
    });

    it('go out when the bridge no longer names what was broken, although no event came', async () => {
      await using world = await start();
      await tell(world, broken('of_another_release', 'text'));
      world.bridge.broken = [];
      const id = await world.queue(ANN, 'a text');
      world.dispatcher.start();
      await world.reaches(id, 'sent');
    });

    it('are set aside when only the refusal of the bridge says so', async () => {
      await using world = await start();
      world.bridge.broken = [broken('send_location', 'location')];
      world.bridge.behave = ({ content }) => (content?.kind === 'location' ? 'page_incompatible' : 'send');
      const id = await world.queue(ANN, '', { content: LOCATION });
      world.dispatcher.start();
      await isSetAside(world, id);
      await world.reaches(await world.queue(ANN, 'behind it'), 'sent');
      assert.equal((await world.find(id)).state, 'queued');
    });

    it('are only looked for when they may have been sent, and then set aside', async () => {
      await using world = await start();
      await tell(world, broken('send_text', 'text'));
      world.bridge.broken = [broken('send_text', 'text')];
      const dispatched = { state: 'sending', dispatchedAt: Date.now() - 1_000 } as const;
      const there = await world.queue(ANN, 'got through', dispatched);
      world.bridge.phone.push({ id: there, chatId: ANN, text: 'got through' });
      world.bridge.acked.add(there);
      // Several: while the dispatcher looks for what it may begin, others have just turned out to be unsent.
      const absent: string[] = [];
      for (let n = 0; n < 40; n += 1)
        absent.push(await world.queue(`1555000${1_000 + n}@c.us`, 'did not', dispatched));
      world.dispatcher.start();
      await world.reaches(there, 'sent');
      for (const id of absent) assert.equal((await isSetAside(world, id)).state, 'queued');
      assert.ok(world.bridge.calls.every(({ retry }) => retry?.only_look === true));
    });

    it('are held, too, when they turned out to be unsent after the last look', async () => {
      await using world = await start();
      const message = await world.find(await world.queue(ANN, '', { content: LOCATION }));
      const rows = [broken('send_location', 'location')];
      assert.match((await world.store.read((db) => whyFirstHeld(db, message, rows))) ?? '', /send_location/);
    });

    it('hold what refers to them, and no other reaction, edit or reply', async () => {
      await using world = await start();
      await tell(world, broken('send_location', 'location'));
      world.bridge.broken = [broken('send_location', 'location')];
      const place = await world.queue(ANN, '', { content: LOCATION });
      const reaction = await world.queue(ANN, '', {
        content: reactionTo(place),
      });
      const reply = await world.queue(ANN, '', { content: replyTo(place) });
      const other = await world.queue(ANN, '', {
        content: reactionTo(`false_${ANN}_3EB0AA`),
      });
      world.dispatcher.start();
      await world.reaches(other, 'sent');
      for (const id of [reaction, reply])
        assert.match((await isSetAside(world, id)).reason ?? '', new RegExp(`refers to message ${place}`));
      await tell(world, { capability: 'send_location', state: 'ok', kinds: ['location'] });
      for (const id of [place, reaction, reply]) await world.reaches(id, 'sent');
      assert.deepEqual(
        world.bridge.calls.map(({ stanza_id }) => stanza_id),
        [other, place, reaction, reply],
      );
    });

    /** A bridge that refers only to what the phone has, as the page does. */
    const knowsItsMessages = ({ bridge }: OutboxWorld) => {
      bridge.behave = ({ content }) => {
        const target = content !== undefined && 'target' in content ? content.target : content?.reply_to;
        const isKnown = target === undefined || bridge.phone.some(({ id }) => target.endsWith(id));
        return isKnown ? 'send' : 'not_found';
      };
    };
    const holdPlaces = async (world: OutboxWorld) => {
      world.bridge.broken = [broken('send_location', 'location')];
      await tell(world, broken('send_location', 'location'));
    };
    const waysToEnd = {
      canceled: async (world: OutboxWorld, id: string) => {
        const message = await world.find(id);
        await world.store.write((db, dialect) => endCanceled(db, dialect, message, Date.now()));
      },
      expired: (world: OutboxWorld, id: string) => world.expire(id),
    };
    for (const [end, make] of Object.entries(waysToEnd))
      it(`let what refers to them end at once when they are ${end}, as where nothing is held`, async () => {
        await using world = await start();
        knowsItsMessages(world);
        await holdPlaces(world);
        const place = await world.queue(ANN, '', { content: LOCATION });
        const reply = await world.queue(ANN, '', { content: replyTo(place) });
        const behind = [reactionTo(reply), { kind: 'edit', target: place, text: 'x' } as const];
        const ids = [
          reply,
          ...(await Promise.all(behind.map((content) => world.queue(ANN, '', { content })))),
        ];
        world.dispatcher.start();
        for (const id of ids) await isSetAside(world, id);
        await make(world, place);
        world.dispatcher.wake();
        for (const id of ids) assert.equal((await world.reaches(id, 'failed')).errorCode, 'not_found');
        const unheld = await world.queue(ANN, '', { content: reactionTo(place) });
        assert.equal((await world.reaches(unheld, 'failed')).errorCode, 'not_found');
      });

    for (const outcome of ['sent', 'failed'] as const)
      it(`hold what refers to one that may have been sent, until it turns out to be ${outcome}`, async () => {
        await using world = await start();
        knowsItsMessages(world);
        await holdPlaces(world);
        world.bridge.look = () => 'break';
        const place = await world.queue(ANN, '', {
          content: LOCATION,
          state: 'sending',
          dispatchedAt: Date.now() - 1_000,
        });
        const reply = await world.queue(ANN, '', { content: replyTo(place) });
        world.dispatcher.start();
        await isSetAside(world, reply);
        if (outcome === 'sent') world.bridge.phone.push({ id: place, chatId: ANN, text: '' });
        world.bridge.acked.add(place);
        world.bridge.look = () => (outcome === 'sent' ? undefined : 'send_refused');
        await world.reaches(place, outcome);
        world.bridge.look = () => undefined;
        await world.reaches(reply, outcome);
      });

    it('hold replies alone when only those are broken', async () => {
      await using world = await start();
      await tell(world, broken('reply', 'reply'));
      world.bridge.broken = [broken('reply', 'reply')];
      const text = 'a text that names "reply_to": "x"';
      const reply = await world.queue(ANN, '', { content: { kind: 'text', text, reply_to: '3EB0AA' } });
      const plain = await world.queue(ANN, text);
      world.dispatcher.start();
      await world.reaches(plain, 'sent');
      assert.equal((await isSetAside(world, reply)).state, 'queued');
    });

    it('expire at their time, and are never failed', async () => {
      await using world = await start();
      await tell(world, broken('everything', ...ALL_KINDS));
      world.bridge.broken = [broken('everything', ...ALL_KINDS)];
      const id = await world.queue(ANN, 'a text');
      world.dispatcher.start();
      await isSetAside(world, id);
      await world.expire(id);
      const { errorCode, reason } = await world.reaches(id, 'expired');
      assert.equal(errorCode, 'message_expired');
      assert.match(reason ?? '', /page_incompatible/);
      assert.equal(world.bridge.calls.length, 0);
    });
  });
});
