import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sqliteFolder, sqliteIn } from '../../../support/api/databases.ts';
import { daysAgo, NOW, Shelf } from '../../../support/api/store/shelf.ts';

describe('retention on sqlite, of room', () => {
  it('gives it back to the disk, and keeps the log small', async () => {
    const folder = sqliteFolder();
    const path = join(folder, 'gatehouse.db');
    await using shelf = await Shelf.open({ fresh: async () => sqliteIn(folder) });
    for (let part = 0; part < 10; part += 1) await shelf.events(1_000, daysAgo(31), 'x'.repeat(4_000));
    await shelf.events(1, NOW);
    const before = statSync(path).size;
    await shelf.tidyUp();
    await shelf.events(1, NOW);
    const after = statSync(path).size;
    assert.ok(before > 30_000_000 && after < 6_000_000, `${before} bytes, then ${after}`);
    assert.ok(!existsSync(`${path}-wal`) || statSync(`${path}-wal`).size <= 9_000_000);
    assert.deepEqual(await shelf.seqs(), [10_001, 10_002]);
  });
});
