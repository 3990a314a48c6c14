import assert from 'node:assert/strict';
import { keepLook } from '../../../services/runtime/kept-look.ts';

/** A look that ends when the test says so, at times that the test sets. */
function watchedLook() {
  let nowMs = 0;
  const known = { state: 'ready' };
  const looks: PromiseWithResolvers<number>[] = [];
  const find = keepLook(
    () => {
      looks.push(Promise.withResolvers<number>());
      return looks.at(-1)?.promise ?? Promise.reject(new Error('no look'));
    },
    { keptMs: 250, now: () => nowMs, stamp: () => known.state },
  );
  return {
    find,
    looks,
    known,
    wait(ms: number) {
      nowMs += ms;
    },
  };
}

describe('what a look finds, kept for a quarter of a second', () => {
  it('gives one look to all who ask while it is under way, however long it takes', async () => {
    const { find, looks, wait } = watchedLook();
    const first = [find(), find()];
    wait(1_000);
    const later = find();
    assert.equal(looks.length, 1);
    looks[0]?.resolve(7);
    assert.deepEqual(await Promise.all([...first, later]), [7, 7, 7]);
  });

  it('looks again for the first who asks after that time, from the beginning of the last look', async () => {
    const { find, looks, wait } = watchedLook();
    void find();
    wait(100);
    looks[0]?.resolve(1);
    assert.equal(await find(), 1);
    wait(149);
    assert.equal(await find(), 1);
    wait(1);
    const second = find();
    assert.equal(looks.length, 2);
    looks[1]?.resolve(2);
    assert.equal(await second, 2);
  });

  it('looks again at once when what the process knows itself has changed', async () => {
    const { find, looks, known } = watchedLook();
    void find();
    looks[0]?.resolve(1);
    assert.equal(await find(), 1);
    known.state = 'restarting';
    const second = find();
    assert.equal(looks.length, 2);
    looks[1]?.resolve(2);
    assert.equal(await second, 2);
  });

  it('keeps no failure', async () => {
    const { find, looks } = watchedLook();
    const failed = assert.rejects(find(), /no database/);
    looks[0]?.reject(new Error('no database'));
    await failed;
    const next = find();
    looks[1]?.resolve(3);
    assert.equal(await next, 3);
  });
});
