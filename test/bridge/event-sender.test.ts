import assert from 'node:assert/strict';
import pino from 'pino';
import { EventSender } from '../../services/bridge/event-sender.ts';
import type { BridgeEvent } from '../../services/contract/events.ts';
import { type FakeApi, startFakeApi } from './fake-api.ts';
import { until } from './until.ts';

const SECRET = 'of this boot';

describe('bridge, its sender of events', () => {
  let api: FakeApi;
  let sender: EventSender;
  const start = (mostWaiting?: number, log = pino({ level: 'silent' })) => {
    const limit = mostWaiting === undefined ? {} : { mostWaiting };
    sender = new EventSender({ api: api.origin, secret: SECRET, log, ...limit });
  };
  const keys = () => api.events.map(({ key }) => key);
  beforeEach(async () => {
    api = await startFakeApi(SECRET);
  });
  afterEach(async () => {
    await sender.close(0);
    await api.goDown();
  });

  it('posts many in few posts', async () => {
    start();
    const all = Array.from({ length: 1_000 }, (_, number) => `event ${number}`);
    for (const key of all) sender.take(event(key));
    await until('all', () => api.events.length === 1_000);
    assert.deepEqual(keys(), all);
    assert.ok(api.posts <= 12);
  });

  it('repeats, in order, what the api failed to take', async () => {
    start();
    let failures = 3;
    api.refuseWith = () => (failures-- > 0 ? 503 : undefined);
    for (const key of ['a', 'b', 'c']) sender.take(event(key));
    await until('all', () => api.events.length === 3);
    assert.deepEqual(keys(), ['a', 'b', 'c']);
  });

  it('loses only the event that the api refuses as wrong', async () => {
    start();
    api.refuseWith = (events) => (events.some(({ key }) => key === 'wrong') ? 400 : undefined);
    for (const key of ['a', 'wrong', 'b']) sender.take(event(key));
    await until('the others', () => api.events.length === 2);
    assert.deepEqual(keys(), ['a', 'b']);
    await until('nothing to wait', () => sender.waiting === 0);
  });

  it('names a refused event in the log, and tells nothing of what it holds', async () => {
    const lines: string[] = [];
    start(undefined, pino({}, { write: (line) => lines.push(line) }));
    api.refuseWith = () => 400;
    const at = new Date().toISOString();
    sender.take({
      ...{ session: 'test', key: 'the-key', at, kind: 'qr' },
      data: { qr: 'the linking code', generated_at: at },
    });
    await until('nothing to wait', () => sender.waiting === 0);
    const log = lines.join('');
    assert.match(log, /the api answered 400 to 1 events/);
    assert.match(log, /the api refused the qr event the-key: it is lost/);
    assert.doesNotMatch(log, /linking code/);
  });

  it('posts at once what comes in the very moment in which the queue has become empty', async () => {
    // The line of the lost event is the last thing before that moment.
    const write = (line: string) => {
      if (line.includes('lost')) queueMicrotask(() => sender.take(event('next')));
    };
    start(undefined, pino({}, { write }));
    api.refuseWith = (events) => (events.some(({ key }) => key === 'wrong') ? 400 : undefined);
    sender.take(event('wrong'));
    await until('the next', () => keys().includes('next'), 2_000);
  });

  it('drops the oldest when too many wait', async () => {
    await api.goDown();
    start(10);
    for (let number = 0; number < 25; number += 1) sender.take(event(`event ${number}`));
    assert.equal(sender.waiting, 10);
    await api.goUp();
    await until('the rest', () => sender.waiting === 0);
    // The very first may have been under way when the api came back.
    const kept = keys().filter((key) => key !== 'event 0');
    assert.deepEqual(
      kept,
      Array.from({ length: 10 }, (_, number) => `event ${number + 15}`),
    );
  });

  it('gives the api a last chance when it closes, and no longer', async () => {
    start();
    sender.take(event('last'));
    await sender.close(2_000);
    assert.deepEqual(keys(), ['last']);
    await api.goDown();
    sender.take(event('too late'));
    await sender.close(2_000);
    assert.equal(sender.waiting, 1);
  });
});

function event(key: string): BridgeEvent {
  const at = new Date().toISOString();
  return { session: 'test', key, at, kind: 'state', data: { state: 'ready', since: at } };
}
