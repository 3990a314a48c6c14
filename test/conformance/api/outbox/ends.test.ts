import assert from 'node:assert/strict';
import { applyEvents } from '../../../../services/api/outbox/transitions.ts';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { NO_PACING, OutboxWorld } from '../../../support/api/outbox/outbox-world.ts';
import { until } from '../../../support/until.ts';

const ANN = '15550000001@c.us';
const DAY_MS = 86_400_000;
/** Over soon: only for messages whose looks find nothing out, however long they take. */
const GRACE_MS = 100;
/** The clock looks so often, though nothing wakes it. */
const LOOK_MS = 20;
/** Sent perhaps, and overdue. */
const inDoubt = () => ({ state: 'sending', dispatchedAt: Date.now(), expiresAt: Date.now() }) as const;

/** The events of messages that ended without being sent. */
async function endsOf(world: OutboxWorld): Promise<[id: string, status: string, code: string][]> {
  const rows = await world.store.read((db) =>
    db.selectFrom('events').selectAll().where('type', '=', 'message_failed').orderBy('seq').execute(),
  );
  return rows.map(({ data }) => JSON.parse(data)).map(({ id, status, code }) => [id, status, code]);
}

async function acknowledged(world: OutboxWorld, id: string): Promise<void> {
  const whatsapp_id = `true_${ANN}_${id}`;
  await world.store.write((db) =>
    applyEvents(
      db,
      [
        {
          kind: 'ack',
          session: 'default',
          key: `ack:${id}:1`,
          at: new Date().toISOString(),
          whatsapp_id,
          data: { chat_id: ANN, stanza_id: id, ack: 1 },
        },
      ],
      Date.now(),
    ),
  );
}

forEachDatabase((database) => {
  describe(`message on ${database.name} that may have been sent, when its expires_at passes`, () => {
    const start = async (lookGraceMs = GRACE_MS) =>
      OutboxWorld.start(await database.fresh(), NO_PACING, { lookGraceMs, lookMs: LOOK_MS });

    /** It has ended as it should, with one event. */
    const endsUnknown = async (world: OutboxWorld, id: string) => {
      const { errorCode, reason } = await world.reaches(id, 'failed');
      assert.equal(errorCode, 'outcome_unknown');
      assert.match(reason ?? '', /look at the chat on the phone.*only if it is not there.*late ack/);
      assert.deepEqual(await endsOf(world), [[id, 'failed', 'outcome_unknown']]);
    };
    const nextGoesOut = async (world: OutboxWorld, next: string) => {
      await world.reaches(next, 'sent');
      assert.equal(world.bridge.textsOf(ANN).at(-1), 'next');
    };

    it('ends as outcome_unknown while the bridge is away, and a late ack corrects it', async () => {
      await using world = await start();
      world.bridge.behave = () => 'break';
      world.bridge.look = () => 'break';
      const id = await world.queue(ANN, 'open');
      world.dispatcher.start();
      await until('it was tried', () => world.bridge.calls.length > 0);
      await world.bridge.goDown();
      await world.expire(id);
      await endsUnknown(world, id);
      await acknowledged(world, id);
      const corrected = await world.find(id);
      assert.deepEqual(
        [corrected.state, corrected.errorCode, corrected.reason, corrected.endedAt],
        ['sent', undefined, undefined, undefined],
      );
      assert.equal((await endsOf(world)).length, 1);
    });

    for (const [end, state] of [
      ['its expires_at passes', 'expired'],
      ['it is canceled', 'canceled'],
    ] as const)
      it(`is called off while the bridge prepares it and ${end}, and its chat goes on`, async () => {
        // The look ends it: however long that takes, the grace must not be over before.
        await using world = await start(60_000);
        world.bridge.behave = ({ message }) => (message === 'next' ? 'send' : 'hang');
        const id = await world.queue(ANN, 'see https://example.com/slow');
        world.dispatcher.start();
        await until('it is being prepared', () => world.bridge.calls.length > 0);
        const next = await world.queue(ANN, 'next');
        if (state === 'expired') await world.expire(id);
        else
          await world.store.write((db) =>
            db.updateTable('messages').set({ cancel_at: Date.now() }).where('id', '=', id).execute(),
          );
        world.dispatcher.wake();
        await world.reaches(id, state);
        await nextGoesOut(world, next);
        assert.deepEqual(world.bridge.textsOf(ANN), ['next']);
        // It did not take the end of the call's own time.
        assert.ok(!world.logged.some((line) => line.includes('broke off')), world.logged.join(''));
        assert.equal(world.bridge.calls[1]?.retry?.only_look, true);
      });

    it('ends although the session has been away for days', async () => {
      await using world = await start();
      world.bridge.isReady = false;
      const id = await world.queue(ANN, 'open', inDoubt());
      const next = await world.queue(ANN, 'next');
      world.dispatcher.start();
      await endsUnknown(world, id);
      world.bridge.isReady = true;
      await nextGoesOut(world, next);
    });

    it('is looked for at once when the session is back, however often it was tried before', async () => {
      await using world = await start(60_000);
      world.bridge.isReady = false;
      const id = await world.queue(ANN, 'open', { state: 'sending', dispatchedAt: Date.now() });
      await world.store.write((db) =>
        db.updateTable('messages').set({ attempts: 40 }).where('id', '=', id).execute(),
      );
      world.dispatcher.start();
      await until('it was turned away', () => world.bridge.resolveCalls.length > 0);
      await until('and that is noted', async () => (await world.find(id)).reason);
      const { nextTryAt } = await world.find(id);
      assert.ok(nextTryAt <= Date.now(), 'it waits for nothing but the session');
    });

    it('ends although the bridge never answers the look, and frees its chat while that call hangs', async () => {
      await using world = await start();
      world.bridge.look = () => 'hang';
      const id = await world.queue(ANN, 'open', inDoubt());
      const next = await world.queue(ANN, 'next');
      world.dispatcher.start();
      await endsUnknown(world, id);
      await nextGoesOut(world, next);
    });

    it('ends although each look fails, in whatever way', async () => {
      const failures = ['bridge_failed', 'outcome_unknown', 'whatsapp_not_ready', 'break'] as const;
      // Each has its own database and bridge, so they may wait at the same time.
      const endsAfter = async (look: (typeof failures)[number]) => {
        await using world = await start();
        world.bridge.look = () => look;
        const id = await world.queue(ANN, 'open', inDoubt());
        const next = await world.queue(ANN, 'next');
        world.dispatcher.start();
        await endsUnknown(world, id);
        await nextGoesOut(world, next);
      };
      await Promise.all(failures.map(endsAfter));
    });

    it('ends when no acknowledgement comes, and a late one corrects it', async () => {
      await using world = await start(60_000); // The look itself ends it, not the grace.
      world.bridge.behave = ({ message }) => (message === 'open' ? 'send-without-ack' : 'send');
      const id = await world.queue(ANN, 'open');
      const next = await world.queue(ANN, 'next');
      world.dispatcher.start();
      await until('WhatsApp Web has it', () => world.bridge.phone.length > 0);
      await world.expire(id);
      await endsUnknown(world, id);
      assert.match((await world.find(id)).reason ?? '', /server has not acknowledged it yet/);
      await nextGoesOut(world, next);
      assert.deepEqual(world.bridge.textsOf(ANN), ['open', 'next']);
      await acknowledged(world, id);
      assert.equal((await world.find(id)).state, 'sent');
    });

    it('is looked for at that moment, however long the next try was put off', async () => {
      await using world = await start(60_000);
      // Of strangers: the next try would be an hour away.
      world.bridge.look = ({ retry }) => (retry?.only_look === true ? undefined : 'recipient_restricted');
      const expiresAt = Date.now() + DAY_MS / 48;
      const id = await world.queue(ANN, 'gone', { state: 'sending', dispatchedAt: Date.now(), expiresAt });
      world.dispatcher.start();
      await until('the next try is put off', async () => (await world.find(id)).nextTryAt === expiresAt);
      await world.expire(id);
      await world.reaches(id, 'expired');
      assert.deepEqual(await endsOf(world), [[id, 'expired', 'message_expired']]);
      assert.deepEqual(world.bridge.textsOf(ANN), []);
    });

    it('is looked for first, when the machine or the api was away then', async () => {
      await using world = await start(60_000);
      const past = {
        state: 'sending',
        dispatchedAt: Date.now() - 2 * DAY_MS,
        expiresAt: Date.now() - DAY_MS,
      } as const;
      const there = await world.queue(ANN, 'there', past);
      world.bridge.phone.push({ id: there, chatId: ANN, text: 'there' });
      world.bridge.acked.add(there);
      const gone = await world.queue('15550000002@c.us', 'gone', past);
      world.dispatcher.start();
      await world.reaches(there, 'sent');
      await world.reaches(gone, 'expired');
    });

    it('ends once, when several apis are at it, and the next goes out once', async () => {
      await using world = await start();
      world.bridge.behave = ({ message }) => (message === 'open' ? 'hang' : 'send');
      world.bridge.look = () => 'hang';
      const id = await world.queue(ANN, 'open');
      const next = await world.queue(ANN, 'next');
      const others = [world.another(), world.another()];
      for (const dispatcher of [world.dispatcher, ...others]) dispatcher.start();
      await until('it is being sent', () => world.bridge.calls.length > 0);
      await world.expire(id);
      await endsUnknown(world, id);
      await nextGoesOut(world, next);
      for (const dispatcher of others) await dispatcher.close(0);
      assert.equal((await endsOf(world)).length, 1);
      assert.deepEqual(world.bridge.textsOf(ANN), ['next']);
    });

    it('ends in whatever process comes next, when that one finds no bridge', async () => {
      await using world = await start();
      const id = await world.queue(ANN, 'open', {
        state: 'sending',
        dispatchedAt: Date.now(),
        expiresAt: Date.now() - 1,
      });
      await world.bridge.goDown();
      await world.restart();
      world.dispatcher.start();
      await endsUnknown(world, id);
    });

    it('is a reaction, ends as outcome_unknown: nobody can look for a reaction', async () => {
      await using world = await start();
      world.bridge.behave = () => 'break';
      const content = { kind: 'reaction', target: `true_${ANN}_3EB0AAAAAAAAAAAAAAAAAA`, emoji: '+' } as const;
      const id = await world.queue(ANN, '', { content });
      world.dispatcher.start();
      await until('it was tried', () => world.bridge.calls.length > 0);
      await world.expire(id);
      await endsUnknown(world, id);
    });
  });
});
