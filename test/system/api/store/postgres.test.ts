import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { openPostgres } from '../../../../services/api/store/postgres.ts';
import { Store } from '../../../../services/api/store/store.ts';
import { createLog } from '../../../../services/runtime/log.ts';
import { postgresSpace, sharedPostgres } from '../../../support/api/databases.ts';
import { PostgresServer } from '../../../support/api/postgres-server.ts';
import { codeOf, namesIn, note } from '../../../support/api/store/rows.ts';
import { TcpProxy } from '../../../support/api/store/tcp-proxy.ts';
import { until } from '../../../support/until.ts';

const silent = createLog('api', 'silent');

/** A store behind a network that can fail. */
async function openThrough(proxy: TcpProxy, patienceMs = 30_000): Promise<Store> {
  const url = new URL((await sharedPostgres()).url);
  url.port = String(proxy.port);
  const space = `test_${randomBytes(6).toString('hex')}`;
  return Store.open(() => openPostgres(url.href, space, silent, { patienceMs }), silent);
}

const hasCommit = (sent: Buffer) => sent.includes('commit\0');

describe('store on postgres, whose server is killed', () => {
  let server: PostgresServer;
  before(async () => {
    server = await PostgresServer.start();
  });
  after(() => server[Symbol.asyncDispose]());

  it('refuses meanwhile, says so, has all that it took, and is back by itself', async () => {
    const logged: string[] = [];
    const log = createLog('api', 'info', { write: (line) => void logged.push(line) });
    await using store = await Store.open(postgresSpace(server.url), log);
    let timesBack = 0;
    store.onBack(() => {
      timesBack += 1;
    });
    const taken: string[] = [];
    let refused = 0;
    let isOver = false;
    const writer = async (name: string) => {
      for (let count = 0; !isOver; count += 1) {
        const key = `${name}${String(count).padStart(6, '0')}`;
        const outcome = await codeOf(store.write((db) => note(db, key)));
        if (outcome === 'ok') taken.push(key);
        else if (outcome === 'storage_unavailable') refused += 1;
        else assert.fail(outcome);
      }
    };
    const writers = [...'abcdefghij'].map(writer);
    await until('some are written', () => taken.length > 50);
    await server.kill();
    await until('it says so', () => store.status.state === 'unavailable');
    assert.equal(await codeOf(namesIn(store)), 'storage_unavailable');
    await server.startAgain();
    const before = taken.length;
    await until('it is back', () => store.status.state === 'ok' && taken.length > before + 50);
    isOver = true;
    await Promise.all(writers);
    assert.ok(refused > 0);
    assert.deepEqual(await namesIn(store), taken.sort());
    // A connection of the killed server may fail after the first success: then the database was away once more. Each
    // outage is logged before its end, no end is told twice, and the last outage has ended.
    const marks = [...logged.join('').matchAll(/(refused until it is mended)|the database is back/g)];
    const course = marks.map(([, refusal]) => (refusal === undefined ? 'back ' : 'away ')).join('');
    assert.match(course, /^(?:(?:away )+back )+$/);
    assert.equal(course.split('back ').length - 1, timesBack);
  });

  it('may be away at the start, and is opened once it is there', async () => {
    await server.kill();
    await using store = await Store.open(postgresSpace(server.url), silent);
    assert.equal(store.status.state, 'unavailable');
    assert.match(store.status.reason ?? '', /ECONNREFUSED/);
    await assert.rejects(
      store.write((db) => note(db, 'a')),
      // Strangers read this: nothing of addresses.
      { code: 'storage_unavailable', message: 'the database does not answer as it should' },
    );
    await server.startAgain();
    await until('it is open', () => store.status.state === 'ok');
    await store.write((db) => note(db, 'b'));
    assert.deepEqual(await namesIn(store), ['b']);
  });

  it('closes although it is away', async () => {
    await using store = await Store.open(postgresSpace(server.url), silent);
    await server.kill();
    await codeOf(store.write((db) => note(db, 'a')));
    await store.close();
    await server.startAgain();
  });
});

describe('store on postgres, over a network that fails', () => {
  it('finds out what became of a commit whose answer was lost', async () => {
    await using proxy = await TcpProxy.start((await sharedPostgres()).port);
    await using store = await openThrough(proxy);
    proxy.cut = (sent) => (hasCommit(sent) ? 'after' : undefined);
    const written = store.write((db) => note(db, 'a'));
    await until('it has happened', async () => (await namesIn(store)).includes('a'));
    proxy.cut = () => undefined;
    assert.equal(await codeOf(written), 'ok');
  });

  it('refuses what had not been committed when the connection broke', async () => {
    await using proxy = await TcpProxy.start((await sharedPostgres()).port);
    await using store = await openThrough(proxy);
    proxy.cut = (sent) => {
      if (!hasCommit(sent)) return undefined;
      proxy.cut = () => undefined;
      return 'before';
    };
    assert.equal(await codeOf(store.write((db) => note(db, 'a'))), 'storage_unavailable');
    assert.deepEqual(await namesIn(store), []);
  });

  it('does not wait for ever for a server that has vanished, and is back when the network is', async () => {
    await using proxy = await TcpProxy.start((await sharedPostgres()).port);
    // A busy server may exceed this limit, too: then the store is away until the next try.
    await using store = await openThrough(proxy, 2_000);
    await until('it is open', () => store.status.state === 'ok');
    proxy.isSilent = true;
    assert.equal(await codeOf(namesIn(store)), 'storage_unavailable');
    assert.equal(store.status.state, 'unavailable');
    proxy.isSilent = false;
    const names = await until('it is back', () => namesIn(store));
    assert.deepEqual(names, []);
  });

  it('closes although the server has vanished', async () => {
    const proxy = await TcpProxy.start((await sharedPostgres()).port);
    // A query would be waited for longer than the test may take.
    const store = await openThrough(proxy, 600_000);
    proxy.cut = () => {
      proxy.isSilent = true;
      return undefined;
    };
    const asked = codeOf(namesIn(store));
    await until('the query is on its way', () => proxy.isSilent);
    await store.close();
    await proxy[Symbol.asyncDispose]();
    assert.equal(await asked, 'storage_unavailable');
  });
});

describe('store on postgres, whose URL has wishes of its own', () => {
  it('keeps to its schema all the same: what is of the sandbox must not be found by the real one', async () => {
    const url = new URL((await sharedPostgres()).url);
    url.searchParams.set('options', '-c search_path=public');
    for (const name of ['one', 'two']) {
      await using store = await Store.open(postgresSpace(url.href), silent);
      assert.deepEqual(await namesIn(store), []);
      await store.write((db) => note(db, name));
    }
  });
});

describe('store on postgres, of two writers', () => {
  it('runs the one again that the server undid because they waited for each other', async () => {
    await using store = await Store.open(postgresSpace((await sharedPostgres()).url), silent);
    await store.write(async (db) => {
      for (const name of ['a', 'b']) await note(db, name, '');
    });
    const met = Promise.withResolvers<void>();
    let waiting = 0;
    let runs = 0;
    const inOrder = (names: readonly string[], value: string) =>
      store.write(async (db) => {
        runs += 1;
        for (const name of names) {
          await db
            .updateTable('facts')
            .set(({ eb }) => ({ value: eb('value', '||', value) }))
            .where('name', '=', name)
            .execute();
          waiting += 1;
          if (waiting === 2) met.resolve();
          await met.promise;
        }
      });
    await Promise.all([inOrder(['a', 'b'], 'x'), inOrder(['b', 'a'], 'y')]);
    const rows = await store.read((db) =>
      db.selectFrom('facts').select('value').where('name', 'in', ['a', 'b']).execute(),
    );
    for (const { value } of rows) assert.equal([...value].sort().join(''), 'xy');
    assert.ok(runs > 2);
  });
});
