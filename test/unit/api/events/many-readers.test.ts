import assert from 'node:assert/strict';
import { freshSqlite } from '../../../support/api/databases.ts';
import { calls, post } from '../../../support/api/events/news.ts';
import { answerJson, fromGate, startWorld } from '../../../support/api/world.ts';
import { openEvents, openSocket } from '../../../support/kit/events.ts';

describe('event log, with many readers', () => {
  it('brings 100 of them, of both kinds, everything that comes', async () => {
    await using world = await startWorld(answerJson(200, {}));
    const streams = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        openEvents(world.origin, fromGate, index % 5 === 0 ? '?types=call' : ''),
      ),
    );
    const sockets = await Promise.all(
      Array.from({ length: 50 }, () => openSocket(world.origin, '', fromGate)),
    );
    const readers = [...streams, ...sockets];
    for (let batch = 0; batch < 4; batch += 1) await post(world.origin, calls(25, `${batch}/`));
    const expected = Array.from({ length: 4 }, (_, batch) => calls(25, `${batch}/`)).flat();
    for (const events of await Promise.all(readers.map((reader) => reader.take(100))))
      assert.deepEqual(
        events.map(({ data }) => data.call_id),
        expected.map(({ key }) => key),
      );
    for (const reader of readers) await reader[Symbol.asyncDispose]();
  });

  it('reads each event from the database once for all that are up to date', async () => {
    let reads = 0;
    const open = await freshSqlite();
    await using world = await startWorld(answerJson(200, {}), {
      openStore: async () => {
        const engine = await open();
        return {
          dialect: engine.dialect,
          get isBroken() {
            return engine.isBroken;
          },
          write: (task) => engine.write(task),
          read: (query) => {
            reads += 1;
            return engine.read(query);
          },
          vacuum: () => engine.vacuum(),
          close: () => engine.close(),
        };
      },
    });
    const readers = await Promise.all(Array.from({ length: 60 }, () => openEvents(world.origin, fromGate)));
    await post(world.origin, calls(1, 'first'));
    await Promise.all(readers.map((reader) => reader.take(1)));
    const before = reads;
    for (let batch = 0; batch < 20; batch += 1) {
      await post(world.origin, calls(3, `${batch}/`));
      await Promise.all(readers.map((reader) => reader.take(3)));
    }
    // For each batch the newest number and the events; besides, what looks now and then.
    assert.ok(reads - before < 20 * 2 + 40, `${reads - before} reads for 20 batches and 60 readers`);
    for (const reader of readers) await reader[Symbol.asyncDispose]();
  });
});
