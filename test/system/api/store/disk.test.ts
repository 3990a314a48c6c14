import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openSqlite } from '../../../../services/api/store/sqlite.ts';
import { Store } from '../../../../services/api/store/store.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { sqliteIn } from '../../../support/api/databases.ts';
import { codeOf, namesIn, note } from '../../../support/api/store/rows.ts';
import { mayMount, SmallDisk, sayThatOnlyRootMay } from '../../../support/api/store/small-disk.ts';
import { until } from '../../../support/until.ts';

const KIBIBYTE = 'x'.repeat(1024);
const silent = createLog('api', 'silent');

/** Two rows in one task, so that half of one would be seen. */
const pair = (store: Store, name: string) =>
  store.write(async (db) => {
    await note(db, `${name}/1`, KIBIBYTE);
    await note(db, `${name}/2`, KIBIBYTE);
  });

const namesOf = (pairs: Iterable<string>) => [...pairs].flatMap((name) => [`${name}/1`, `${name}/2`]).sort();

describe('store on sqlite, whose disk', () => {
  if (!mayMount) {
    sayThatOnlyRootMay();
    return;
  }

  it('fills up, refuses, says so, keeps what it took and no half of anything, and is back once it is freed', async () => {
    using disk = new SmallDisk(3_000);
    disk.fill(1_500);
    const logged: string[] = [];
    await using store = await Store.open(
      sqliteIn(disk.folder),
      createLog('api', 'info', { write: (line) => void logged.push(line) }),
    );
    const taken = new Set<string>();
    const writer = async (name: string) => {
      for (let count = 0; ; count += 1) {
        const outcome = await codeOf(pair(store, `${name}${count}`));
        if (outcome !== 'ok') return outcome;
        taken.add(`${name}${count}`);
      }
    };
    // Many share a commit: what fails must not take along what it was told had succeeded.
    const outcomes = await Promise.all(Array.from({ length: 8 }, (_, index) => writer(`w${index}-`)));
    assert.deepEqual(new Set(outcomes), new Set(['storage_full']));
    assert.ok(taken.size > 50, `${taken.size}`);
    assert.equal(store.status.state, 'full');
    assert.match(store.status.reason ?? '', /the disk of the database is full/);
    assert.deepEqual(await namesIn(store), namesOf(taken));

    disk.free();
    await until('it is back', () => store.status.state === 'ok');
    await pair(store, 'after');
    assert.deepEqual(await namesIn(store), namesOf([...taken, 'after']));
    assert.match(logged.join(''), /is full.*the database is back/s);
    await store.close();

    await using again = await Store.open(sqliteIn(disk.folder), silent);
    assert.deepEqual(await namesIn(again), namesOf([...taken, 'after']));
  });

  it('stays full, counts as full all the time, not only when something is to be written', async () => {
    using disk = new SmallDisk(2_000);
    let writes = 0;
    await using store = await Store.open(async () => {
      const engine = await openSqlite(disk.folder);
      const write = engine.write.bind(engine);
      engine.write = (task) => {
        writes += 1;
        return write(task);
      };
      return engine;
    }, silent);
    disk.fill();
    assert.equal(await codeOf(pair(store, 'a')), 'storage_full');
    const { since } = store.status;
    const before = writes;
    await until('it has tried twice', () => writes >= before + 2);
    assert.deepEqual([store.status.state, store.status.since], ['full', since]);
  });

  it('is full at the start already, is opened once there is room', async () => {
    using disk = new SmallDisk(2_000);
    disk.fill();
    await using store = await Store.open(sqliteIn(disk.folder), silent);
    assert.equal(store.status.state, 'full', store.status.reason);
    assert.equal(await codeOf(pair(store, 'a')), 'storage_full');
    disk.free();
    await until('it is open', () => store.status.state === 'ok');
    await pair(store, 'a');
    assert.deepEqual(await namesIn(store), namesOf(['a']));
  });

  it('fills up while the tables are made, leaves no half of them behind', async () => {
    using disk = new SmallDisk(2_000);
    let full = 0;
    for (let room = 0; room < 600; room += 20) {
      disk.fill(2_000 - room);
      const outcome = await codeOf(openSqlite(disk.folder).then((engine) => engine.close()));
      disk.free();
      if (outcome !== 'ok') full += 1;
      await (await openSqlite(disk.folder)).close();
      for (const name of readdirSync(disk.folder)) rmSync(join(disk.folder, name));
    }
    assert.ok(full > 5 && full < 25, `${full}`);
  });

  it('is read-only, says so, and is back once it may be written', async () => {
    using disk = new SmallDisk(2_000);
    await using first = await Store.open(sqliteIn(disk.folder), silent);
    await pair(first, 'a');
    await first.close();
    disk.setReadOnly(true);
    await using store = await Store.open(sqliteIn(disk.folder), silent);
    assert.equal(store.status.state, 'unavailable');
    assert.match(store.status.reason ?? '', /read-only/, store.status.reason);
    assert.equal(await codeOf(pair(store, 'b')), 'storage_unavailable');
    disk.setReadOnly(false);
    await until('it is back', () => store.status.state === 'ok');
    await pair(store, 'b');
    assert.deepEqual(await namesIn(store), namesOf(['a', 'b']));
  });
});
