import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import request from 'supertest';
import { EventHub } from '../../services/api/event-hub.ts';
import type { BridgeEvent } from '../../services/contract/events.ts';
import { openEvents } from '../kit/events.ts';
import { answerJson, fromGate, startWorld } from './world.ts';

const call = (key: string, from = 'x'): BridgeEvent => ({
  session: 'default',
  key,
  at: '2026-01-01T00:00:00.000Z',
  kind: 'call',
  data: { call_id: key, from, is_video: false, is_group: false },
});

function readAll(hub: EventHub, after: number): number[] {
  const seqs: number[] = [];
  for (let event = hub.next(after); event !== undefined; event = hub.next(event.seq)) seqs.push(event.seq);
  return seqs;
}

describe('event hub', () => {
  it('keeps every event once and in order, however often the bridge repeats itself', () => {
    const hub = new EventHub();
    const start = hub.lastSeq;
    hub.add([call('a'), call('b')]);
    hub.add([call('b'), call('c'), call('a')]);
    assert.deepEqual(readAll(hub, start), [start + 1, start + 2, start + 3]);
    assert.deepEqual(readAll(hub, start + 1), [start + 2, start + 3]);
  });

  it('gives all it has to a reader that knows a number from before a restart', () => {
    const hub = new EventHub();
    hub.add([call('a'), call('b')]);
    assert.equal(readAll(hub, 50).length, 2);
  });

  it('takes the same key of two sessions for two events', () => {
    const hub = new EventHub();
    const start = hub.lastSeq;
    hub.add([call('a'), { ...call('a'), session: 'other' }]);
    assert.equal(readAll(hub, start).length, 2);
  });

  it('forgets the oldest rather than grow for ever', () => {
    const hub = new EventHub();
    for (let count = 0; count < 25_000; count += 1) hub.add([call(String(count))]);
    const all = readAll(hub, 0);
    assert.ok(all.length >= 10_000 && all.length < 20_000);
    assert.equal(all.at(-1), hub.lastSeq);
  });
});

describe('event stream', () => {
  const post = (origin: string, events: BridgeEvent[]) =>
    request(origin).post('/internal/events').set(fromGate).send({ events }).expect(200);

  it('brings a reader that is far behind everything, at the pace at which it reads', async () => {
    await using world = await startWorld(answerJson(200, {}));
    const batches = 80;
    for (let batch = 0; batch < batches; batch += 1) {
      await post(
        world.origin,
        Array.from({ length: 100 }, (_, count) => call(`${batch}/${count}`, 'y'.repeat(700))),
      );
    }
    await using reader = await openEvents(world.origin, { ...fromGate, 'last-event-id': '0' });
    for (let count = 0; count < batches * 100; count += 1) await reader.next(() => true);
  });

  it('ends for a reader that comes while the api stops, and at once for HEAD', async () => {
    await using world = await startWorld(answerJson(200, {}));
    const head = get(`${world.origin}/api/events`, { method: 'HEAD', headers: fromGate });
    const [response]: IncomingMessage[] = await once(head, 'response');
    assert.equal(response?.resume().statusCode, 200);
    await once(head, 'close');
  });
});
