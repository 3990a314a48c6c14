import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { BackfillCursor } from '../../../../services/bridge/events/backfill-cursor.ts';
import { toBridgeEvent } from '../../../../services/bridge/events/bridge-event.ts';
import { readMessage } from '../../../../services/bridge/page/data.ts';

describe('bridge, up to what time the messages of each account are safe', () => {
  let dir: string;
  let file: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'gatehouse-cursor-'));
    file = join(dir, 'cursor.json');
  });
  afterEach(() => rmSync(dir, { recursive: true }));
  const newCursor = (path = file) => new BackfillCursor(path, pino({ level: 'silent' }));

  it('knows the time of the link when the page is ready at once', async () => {
    const linkedAt = Math.floor(Date.now() / 1000);
    for (let round = 0; round < 50; round += 1) {
      const cursor = newCursor(join(dir, `cursor-${round}.json`));
      void cursor.linking(false);
      const since = (await cursor.since({ id: '15550001111@c.us' }, 0)) ?? 0;
      assert.ok(since >= linkedAt - 2, `round ${round}: since ${since}, linked at ${linkedAt}`);
      await cursor.close();
    }
  });

  it('goes on in the next process for each account that was linked, and for one whose number is known by then', async () => {
    const [first, second] = [
      { id: '15550001111@c.us' },
      { id: '100000000000002@lid', lid: '100000000000002@lid' },
    ];
    let kept = newCursor();
    await kept.linking(false);
    const since = await kept.since(first, 0);
    await kept.close();
    kept = newCursor();
    await kept.linking(true);
    const sinceSecond = await kept.since(second, 0);
    await kept.close();
    kept = newCursor();
    await kept.linking(false);
    assert.equal(await kept.since({ ...second, id: '15550002222@c.us' }, 0), sinceSecond);
    assert.equal(await kept.since(first, 0), since);
    assert.equal(await kept.since({ id: '15550003333@c.us' }, 0), undefined);
  });

  it('still knows when the news began if the process ends, and the same phone is linked again, before all is caught up', async () => {
    const account = { id: '15550001111@c.us' };
    writeFileSync(file, JSON.stringify({ account: '', at: 1_000, floor: 1_000 }));
    const first = newCursor();
    await first.linking(false);
    first.stop();
    assert.equal(await first.since(account, 0), 1_000);
    // The process is killed here. The next one finds no login, and the phone scans its code.
    const next = newCursor();
    await next.linking(true);
    assert.equal(await next.since(account, 0), 1_000);
    await next.close();
  });

  it('reads the file of a release that knew one account, and writes one that it can read', async () => {
    writeFileSync(file, JSON.stringify({ account: '15550001111@c.us', at: 1_000, floor: 900 }));
    const kept = newCursor();
    await kept.linking(false);
    assert.equal(await kept.since({ id: '15550001111@c.us' }, 10), 990);
    await kept.linking(true);
    await kept.since({ id: '15550002222@c.us' }, 0);
    kept.goOn();
    await kept.close();
    const { account, others } = JSON.parse(readFileSync(file, 'utf8'));
    assert.equal(account, '15550002222@c.us');
    assert.deepEqual(others, [{ account: '15550001111@c.us', at: 1_000, floor: 900 }]);
  });

  it('does not take a message of another account, which is safe late, for progress of this one', async () => {
    writeFileSync(file, JSON.stringify({ account: '15550001111@c.us', at: 1_000, floor: 900 }));
    const kept = newCursor();
    await kept.linking(false);
    await kept.since({ id: '15550001111@c.us' }, 0);
    kept.goOn();
    const id = { fromMe: false, remote: '15553330000@c.us', id: '3EB0A' };
    const message = readMessage({ id, t: Math.floor(Date.now() / 1000) });
    kept.passed([toBridgeEvent('test', { kind: 'message', message }, '15550002222@c.us')]);
    await kept.close();
    assert.equal(JSON.parse(readFileSync(file, 'utf8')).at, 1_000);
  });
});
