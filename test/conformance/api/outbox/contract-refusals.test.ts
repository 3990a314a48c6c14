import assert from 'node:assert/strict';
import { forEachDatabase } from '../../../support/api/databases.ts';
import { NO_PACING, OutboxWorld } from '../../../support/api/outbox/outbox-world.ts';

const ANN = '15550000001@c.us';
const DAY_MS = 86_400_000;

/** The events of messages that ended without being sent. */
async function endsOf(world: OutboxWorld): Promise<[id: string, status: string, code: string][]> {
  const rows = await world.store.read((db) =>
    db.selectFrom('events').selectAll().where('type', '=', 'message_failed').orderBy('seq').execute(),
  );
  return rows.map(({ data }) => JSON.parse(data)).map(({ id, status, code }) => [id, status, code]);
}

forEachDatabase((database) => {
  describe(`message on ${database.name} that the bridge's contract does not allow`, () => {
    const start = async () => OutboxWorld.start(await database.fresh(), NO_PACING, { lookGraceMs: 60_000 });
    const name = '15550000001'.padEnd(190, '0');

    for (const [what, state] of [
      ['that was just accepted', 'queued'],
      ['that an earlier release has tried', 'sending'],
    ] as const)
      it(`and ${what}, fails at once, named, and frees its chat`, async () => {
        await using world = await start();
        const chat = `${name}@c.us`;
        const target = `true_${chat}_3EB0AAAAAAAAAAAAAAAAAA`;
        const id = await world.queue(chat, '', {
          content: { kind: 'reaction', target, emoji: '+' },
          state,
          ...(state === 'sending' ? { dispatchedAt: Date.now() - DAY_MS } : {}),
        });
        world.dispatcher.start();
        const failed = await world.reaches(id, 'failed');
        assert.equal(failed.errorCode, 'contract_refused');
        assert.match(failed.reason ?? '', /chatId: .*128/);
        assert.equal(world.bridge.refused, 1);
        assert.deepEqual(await endsOf(world), [[id, 'failed', 'contract_refused']]);
        assert.match(world.logged.join(''), /refuses the form of a call of \/send \(body_invalid\): chatId/);
      });

    for (const code of ['body_invalid', 'body_too_large', 'media_type_unsupported'] as const)
      it(`by ${code} each time, fails, and the next of its chat goes out`, async () => {
        await using world = await start();
        world.bridge.behave = ({ message }) => (message === 'bad' ? code : 'send');
        const bad = await world.queue(ANN, 'bad');
        const next = await world.queue(ANN, 'next');
        world.dispatcher.start();
        assert.equal((await world.reaches(bad, 'failed')).errorCode, 'contract_refused');
        await world.reaches(next, 'sent');
      });

    it('as a medium of an earlier release with a type of 206 characters, fails and is named', async () => {
      await using world = await start();
      const mimetype = `image/${'x'.repeat(200)}`;
      const content = { kind: 'media', media_id: 'm', mimetype } as const;
      const id = await world.queue(ANN, '', { content, state: 'sending', dispatchedAt: 1 });
      await world.store.write((db) =>
        db
          .insertInto('media')
          .values({
            id: 'm',
            mimetype,
            filename: null,
            bytes: 2,
            data: Buffer.from('hi'),
            created_at: 1,
            message_id: id,
          })
          .execute(),
      );
      const next = await world.queue(ANN, 'next');
      world.dispatcher.start();
      assert.match((await world.reaches(id, 'failed')).reason ?? '', /content\.mimetype/);
      await world.reaches(next, 'sent');
    });

    it('because this release cannot even read it, fails, and holds up nobody', async () => {
      await using world = await start();
      const content = { kind: 'reaction', target: `true_${ANN}_${'A'.repeat(300)}`, emoji: '+' } as const;
      const id = await world.queue(ANN, '', { content });
      const next = await world.queue(ANN, 'next');
      world.dispatcher.start();
      const failed = await world.reaches(id, 'failed');
      assert.deepEqual(
        [failed.errorCode, failed.kind, failed.content],
        ['contract_refused', 'reaction', undefined],
      );
      await world.reaches(next, 'sent');
    });

    it('differs from a bridge that refuses this api, which may pass', async () => {
      await using world = await start();
      world.bridge.behave = (_body, call) => (call === 1 ? 'secret_missing' : 'send');
      const id = await world.queue(ANN, 'one');
      world.dispatcher.start();
      await world.reaches(id, 'sent');
      assert.equal(world.bridge.calls[1]?.retry, undefined, 'it was certain that nothing had been sent');
    });
  });
});
