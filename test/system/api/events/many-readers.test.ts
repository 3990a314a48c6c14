import assert from 'node:assert/strict';
import { EVENT_TYPES } from '../../../../services/contract/events.ts';
import { EVENTS_PATH } from '../../../../services/contract/internal.ts';
import { ApiProcess } from '../../../bench/api-process.ts';
import { sqliteFolder } from '../../../support/api/databases.ts';
import { calls } from '../../../support/api/events/news.ts';
import { fromGate } from '../../../support/api/world.ts';
import { openEvents, openSocket } from '../../../support/kit/events.ts';
import { until } from '../../../support/until.ts';

describe('event log, with many readers', () => {
  it('holds up nobody, and no memory, for those that do not read on', async () => {
    // Whoever waited for them would wait until the test's limit.
    await using api = await ApiProcess.start(sqliteFolder());
    const origin = `http://127.0.0.1:${api.port}`;
    const give = async (batch: number) => {
      const { status } = await api.call('POST', EVENTS_PATH, {
        events: calls(100, `${batch}/`, 'y'.repeat(10_000)),
      });
      assert.equal(status, 200);
    };
    await using reader = await openEvents(origin, fromGate);
    await using socket = await openSocket(origin, '', fromGate);
    const follow = async (from: number, to: number) => {
      for (let batch = from; batch < to; batch += 1) {
        await give(batch);
        const [events, messages] = [await reader.take(100), await socket.take(100)];
        assert.equal(events.at(-1)?.data.call_id, `${batch}/99`);
        assert.equal(messages.at(-1)?.data.call_id, `${batch}/99`);
      }
    };
    // The same load without the others: the garbage that it makes is there already.
    await follow(0, 20);
    const before = api.pssMb;
    const stalled = await Promise.all([
      // Each with a filter of its own, so that none has its bytes in common with another.
      ...EVENT_TYPES.filter((type) => type !== 'call').flatMap((type, index) => [
        openEvents(origin, fromGate, `?types=call,${type}`),
        openEvents(origin, fromGate, `?types=call,${EVENT_TYPES.filter((_, other) => other !== index)}`),
      ]),
      ...Array.from({ length: 20 }, () => openSocket(origin, '', fromGate)),
    ]);
    for (const each of stalled) if ('socket' in each) each.socket.pause();
    await follow(20, 50);
    // Kept for each of them it would be 600 MB.
    const grown = api.pssMb - before;
    assert.ok(grown < 250, `the api has grown by ${grown.toFixed(0)} MB`);
    // They have lost nothing.
    const late = stalled[0];
    const lateSocket = stalled.at(-1);
    assert.ok(late !== undefined && lateSocket !== undefined && 'socket' in lateSocket);
    lateSocket.socket.resume();
    for (const each of [late, lateSocket]) {
      const events = await each.take(3_000);
      assert.equal(new Set(events.map(({ seq }) => seq)).size, 3_000);
    }
    for (const each of stalled) await each[Symbol.asyncDispose]();
    await until('they are gone', async () => (await api.call('GET', '/internal/ready')).status === 200);
  });
});
