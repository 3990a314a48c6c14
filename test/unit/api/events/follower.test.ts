import assert from 'node:assert/strict';
import { EventLog } from '../../../../services/api/events/event-log.ts';
import { Follower } from '../../../../services/api/events/follower.ts';
import { type Engine, type OpenEngine, Store } from '../../../../services/api/store/store.ts';
import { KitError } from '../../../../services/contract/errors.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { freshSqlite } from '../../../support/api/databases.ts';
import { append, calls } from '../../../support/api/events/news.ts';
import { until } from '../../../support/until.ts';

/** A database in front of which reads can be held up, or lost, as a network does it. */
class Delays {
  /** Awaited after each read, before its answer arrives. */
  afterRead: () => Promise<void> = async () => undefined;
  readonly open: OpenEngine;

  constructor() {
    this.open = async () => {
      const open = await freshSqlite();
      const engine = await open();
      return this.#before(engine);
    };
  }

  #before(engine: Engine): Engine {
    return {
      dialect: engine.dialect,
      get isBroken() {
        return engine.isBroken;
      },
      write: (task) => engine.write(task),
      read: async (query) => {
        const answer = await engine.read(query);
        await this.afterRead();
        return answer;
      },
      vacuum: () => engine.vacuum(),
      close: () => engine.close(),
    };
  }
}

async function startWorld() {
  const delays = new Delays();
  const store = await Store.open(delays.open, createLog('api', 'silent'));
  const log = new EventLog(store);
  const seqs: number[] = [];
  const ends: unknown[] = [];
  const sink = {
    takesMore: true,
    deliver: ({ events }: { events: readonly { seq: number }[] }) =>
      void seqs.push(...events.map(({ seq }) => seq)),
    end: (error?: unknown) => void ends.push(error),
  };
  return {
    delays,
    store,
    log,
    seqs,
    ends,
    sink,
    follow: (after: number) => new Follower(log, after, { types: undefined, session: undefined }, sink),
    async [Symbol.asyncDispose]() {
      log.close();
      await store.close();
    },
  };
}

describe('follower of the event log', () => {
  it('does not miss what is appended while it reads', async () => {
    await using world = await startWorld();
    await append(world.store, world.log, calls(3));
    // Another reader, so that the newest events are in memory.
    const other = world.log.onMore(() => undefined);
    await until('the newest events are known', () => world.log.recentPage(3, ALL, LIMITS));
    const held = Promise.withResolvers<void>();
    const follower = world.follow(0);
    let isHeld = false;
    world.delays.afterRead = () => {
      if (isHeld) return Promise.resolve();
      isHeld = true;
      return held.promise;
    };
    follower.advance();
    await until('it reads', () => isHeld);
    await append(world.store, world.log, calls(2, 'new'));
    await until('that is known', () => world.log.recentPage(3, ALL, LIMITS)?.events.length === 2);
    held.resolve();
    await until('it has all', () => world.seqs.length === 5);
    assert.deepEqual(world.seqs, [1, 2, 3, 4, 5]);
    follower.stop();
    other();
  });

  it('reads again what it could not read, though nothing was appended since', async () => {
    await using world = await startWorld();
    await append(world.store, world.log, calls(3));
    world.sink.takesMore = false;
    const follower = world.follow(0);
    await until('the newest events are known', () => world.log.recentPage(3, ALL, LIMITS));
    world.sink.takesMore = true;
    let isLost = false;
    world.delays.afterRead = () => {
      if (isLost) return Promise.resolve();
      isLost = true;
      return Promise.reject(new KitError('storage_unavailable', 'the connection broke'));
    };
    follower.advance();
    await until('it has all', () => world.seqs.length === 3);
    assert.ok(isLost);
    follower.stop();
  });

  it('takes no more than the sink takes, and goes on when it is told', async () => {
    await using world = await startWorld();
    await append(world.store, world.log, calls(100, '', 'y'.repeat(5_000)));
    world.sink.deliver = ({ events }) => {
      world.seqs.push(...events.map(({ seq }) => seq));
      world.sink.takesMore = false;
    };
    const follower = world.follow(0);
    follower.advance();
    await until('it has a page', () => world.seqs.length > 0);
    const first = world.seqs.length;
    await append(world.store, world.log, calls(2, 'new'));
    await world.log.lastSeq();
    assert.equal(world.seqs.length, first);
    assert.ok(first < 20, `${first} events of 5 kB at once`);
    while (world.seqs.length < 102) {
      const before = world.seqs.length;
      world.sink.takesMore = true;
      follower.advance();
      await until('it has another page', () => world.seqs.length > before);
    }
    assert.equal(new Set(world.seqs).size, 102);
    follower.stop();
  });

  it('tells its end once when the log closes, and what went wrong when it cannot be read at all', async () => {
    await using world = await startWorld();
    const closing = world.follow(0);
    closing.advance();
    world.log.close();
    await until('it has ended', () => world.ends.length > 0);
    closing.advance();
    assert.deepEqual(world.ends, [undefined]);

    await using broken = await startWorld();
    await append(broken.store, broken.log, calls(1));
    const mistake = new Error('a mistake of ours');
    broken.sink.deliver = () => {
      throw mistake;
    };
    broken.follow(0).advance();
    await until('it has ended', () => broken.ends.length > 0);
    assert.deepEqual(broken.ends, [mistake]);
  });
});

const ALL = { types: undefined, session: undefined };
const LIMITS = { events: 10, bytes: 1_000_000 };
