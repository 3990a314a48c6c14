import assert from 'node:assert/strict';
import { closeSync, copyFileSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openSqlite } from '../../../../services/api/store/sqlite.ts';
import { Store } from '../../../../services/api/store/store.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { sqliteFolder, sqliteIn } from '../../../support/api/databases.ts';
import { codeOf, namesIn, note } from '../../../support/api/store/rows.ts';
import { until } from '../../../support/until.ts';

const PAGE = 4_096;
/** The store tries a damaged database so often. */
const PROBE_MS = 20;
const silent = createLog('api', 'silent');

/** A folder with a database of many pages, a copy of it beside, and what is in it. */
async function filledFolder() {
  const folder = sqliteFolder();
  const path = join(folder, 'gatehouse.db');
  await using store = await Store.open(sqliteIn(folder), silent);
  const names = Array.from({ length: 300 }, (_, index) => `n${String(index).padStart(4, '0')}`);
  await store.write(async (db) => {
    for (const name of names) await note(db, name, 'x'.repeat(1_000));
  });
  await store.close();
  copyFileSync(path, join(folder, 'backup'));
  return { folder, path, backup: join(folder, 'backup'), names };
}

function overwrite(path: string, from: number, to: number): void {
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(to - from, 0xa5), 0, to - from, from);
  closeSync(file);
}

async function opened(folder: string) {
  const logged: string[] = [];
  const log = createLog('api', 'error', { write: (line) => void logged.push(line) });
  let opens = 0;
  const open = () => {
    opens += 1;
    return openSqlite(folder);
  };
  return { store: await Store.open(open, log, PROBE_MS), logged, tries: () => opens - 1 };
}

describe('store on sqlite, whose file', () => {
  it('is no database at all, refuses and says what to do, until it is replaced', async () => {
    const { folder, path, backup, names } = await filledFolder();
    overwrite(path, 0, 100);
    const { store, logged } = await opened(folder);
    assert.equal(store.status.state, 'unavailable');
    assert.match(
      store.status.reason ?? '',
      /damaged: restore it from a backup, or move it away to begin anew/,
    );
    assert.equal(await codeOf(store.write((db) => note(db, 'a'))), 'storage_unavailable');
    assert.equal(await codeOf(namesIn(store)), 'storage_unavailable');
    assert.equal(logged.length, 1);
    copyFileSync(backup, path);
    await until('it is back', () => store.status.state === 'ok');
    assert.deepEqual(await namesIn(store), names);
  });

  it('is damaged in the middle, refuses from the moment on at which that is seen, and not now and then', async () => {
    const { folder, path, backup, names } = await filledFolder();
    // Neither the schema, at the beginning, nor what the next write touches, at the end.
    const pages = statSync(path).size / PAGE;
    overwrite(path, Math.round(pages * 0.5) * PAGE, Math.round(pages * 0.7) * PAGE);
    const { store, logged, tries } = await opened(folder);
    assert.equal(store.status.state, 'ok');
    const readAll = store.read((db) => db.selectFrom('facts').selectAll().execute());
    assert.equal(await codeOf(readAll), 'storage_unavailable');
    assert.match(store.status.reason ?? '', /damaged/);
    const { since } = store.status;
    const stop = store.onBack(() => assert.fail('it is not back'));
    await until('it was tried twice', () => tries() >= 2);
    assert.deepEqual([store.status.state, store.status.since], ['unavailable', since]);
    assert.equal(await codeOf(store.write((db) => note(db, 'a'))), 'storage_unavailable');
    assert.equal(logged.length, 1, logged.join(''));
    stop();
    renameSync(backup, path);
    await until('it is back', () => store.status.state === 'ok');
    assert.deepEqual(await namesIn(store), names);
  });

  it('is removed while it is in use, takes nothing that would be lost, and begins anew', async () => {
    const { folder, path } = await filledFolder();
    const { store } = await opened(folder);
    for (const name of ['', '-wal', '-shm', '.lock', '.owner']) rmSync(`${path}${name}`, { force: true });
    assert.equal(await codeOf(store.write((db) => note(db, 'lost'))), 'storage_unavailable');
    await until('it is back', () => store.status.state === 'ok');
    await store.write((db) => note(db, 'a'));
    assert.deepEqual(await namesIn(store), ['a']);
  });

  it('is moved away without its log, opens no other beside that log, and has lost nothing once it is put back', async () => {
    const { folder, path, backup, names } = await filledFolder();
    const { store } = await opened(folder);
    await store.write((db) => note(db, 'z'));
    renameSync(path, `${path}.moved`);
    copyFileSync(backup, path);
    assert.equal(await codeOf(store.write((db) => note(db, 'lost'))), 'storage_unavailable');
    await until('it says so', () => /move its -wal file/.test(store.status.reason ?? ''));
    renameSync(`${path}.moved`, path);
    await until('it is back', () => store.status.state === 'ok');
    assert.deepEqual(await namesIn(store), [...names, 'z']);
  });
});
