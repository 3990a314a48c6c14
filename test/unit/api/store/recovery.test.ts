import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSqlite } from '../../../../services/api/store/sqlite.ts';
import { type Engine, Store } from '../../../../services/api/store/store.ts';
import { KitError } from '../../../../services/contract/errors.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { sqliteFolder } from '../../../support/api/databases.ts';
import { codeOf, namesIn, note } from '../../../support/api/store/rows.ts';
import { until } from '../../../support/until.ts';

const PROBE_MS = 1;
/** Many times what a second probe would wait, if there were one: then the test fails. */
const OTHER_PROBE_MS = 40;

type Write = () => Promise<void>;
const works: Write = () => Promise.resolve();
const fails: Write = () => Promise.reject(new KitError('storage_unavailable', 'the connection broke'));

/** A store whose next writes go as `next` says, each before the database has it. */
async function openTroubled() {
  const folder = sqliteFolder();
  const next: Write[] = [];
  const logged: string[] = [];
  const log = createLog('api', 'info', { write: (line) => void logged.push(line) });
  let opens = 0;
  let broken: Engine | undefined;
  const open = async (): Promise<Engine> => {
    opens += 1;
    const sqlite = await openSqlite(folder);
    const engine: Engine = {
      dialect: 'sqlite',
      get isBroken() {
        return broken === engine;
      },
      write: async (task) => {
        await (next.shift() ?? works)();
        return sqlite.write(task);
      },
      read: (query) => sqlite.read(query),
      vacuum: () => sqlite.vacuum(),
      close: () => sqlite.close(),
    };
    current = engine;
    return engine;
  };
  let current: Engine | undefined;
  const store = await Store.open(open, log, PROBE_MS);
  return {
    store,
    next,
    opens: () => opens,
    breaks: () => {
      broken = current;
    },
    /** How often the store has said that the database is back. */
    back: () => logged.join('').split('the database is back').length - 1,
  };
}

/** A write that waits until it may go on. */
function held() {
  const { promise, resolve } = Promise.withResolvers<void>();
  let isBegun = false;
  const write: Write = () => {
    isBegun = true;
    return promise;
  };
  return { write, begun: () => isBegun, release: resolve };
}

describe('store whose database fails', () => {
  it('is tried once at a time, and back once, though a caller fails while it is tried', async () => {
    const { store, next, back } = await openTroubled();
    await using _ = store;
    let told = 0;
    store.onBack(() => {
      told += 1;
    });
    const [probe, otherProbe] = [held(), held()];
    next.push(fails, probe.write);
    assert.equal(await codeOf(store.write((db) => note(db, 'a'))), 'storage_unavailable');
    await until('it is tried', probe.begun);
    next.push(fails, otherProbe.write);
    assert.equal(await codeOf(store.write((db) => note(db, 'b'))), 'storage_unavailable');
    await sleep(OTHER_PROBE_MS);
    assert.equal(otherProbe.begun(), false);
    next.length = 0;
    probe.release();
    await until('it is back', () => store.status.state === 'ok');
    await store.write((db) => note(db, 'c'));
    assert.deepEqual([back(), told, await namesIn(store)], [1, 1, ['c']]);
  });

  it('is opened again, and back once, when a caller finds it broken while it is tried', async () => {
    const { store, next, breaks, opens, back } = await openTroubled();
    await using _ = store;
    const probe = held();
    next.push(fails, probe.write);
    assert.equal(await codeOf(store.write((db) => note(db, 'a'))), 'storage_unavailable');
    await until('it is tried', probe.begun);
    breaks();
    next.push(fails);
    assert.equal(await codeOf(store.write((db) => note(db, 'b'))), 'storage_unavailable');
    probe.release();
    await until('it is back', () => store.status.state === 'ok');
    assert.deepEqual([opens(), back()], [2, 1]);
    await store.write((db) => note(db, 'c'));
    assert.deepEqual(await namesIn(store), ['c']);
  });
});
