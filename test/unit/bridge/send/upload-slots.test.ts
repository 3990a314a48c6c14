import assert from 'node:assert/strict';
import { DeadlineError } from '../../../../services/bridge/deadline.ts';
import { UploadSlots } from '../../../../services/bridge/send/upload-slots.ts';

const MIB = 1024 ** 2;
const LONG_MS = 60_000;

describe('bridge, bounding the media that are prepared at the same time', () => {
  const over = new AbortController();
  const never = over.signal;
  // Or the limits of those that still wait keep this process alive.
  after(() => over.abort());

  /** Resolves with the names of those that have a place, once all that may enter have entered. */
  async function entered(names: readonly string[], of: readonly string[]): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(names, of);
  }

  function enter(slots: UploadSlots, inside: string[], name: string, bytes: number, isAlone = false) {
    const slot = slots.take(bytes, isAlone, LONG_MS, never);
    slot.then(
      () => inside.push(name),
      () => 'the tests are over',
    );
    return slot;
  }

  it('lets in four, then the others in order', async () => {
    const slots = new UploadSlots();
    const inside: string[] = [];
    const taken = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => enter(slots, inside, name, 1));
    await entered(inside, ['a', 'b', 'c', 'd']);
    (await taken[1])?.[Symbol.dispose]();
    await entered(inside, ['a', 'b', 'c', 'd', 'e']);
  });

  it('lets in 64 MiB together, and a larger medium alone', async () => {
    const slots = new UploadSlots();
    const inside: string[] = [];
    const first = enter(slots, inside, 'half', 40 * MIB);
    const huge = enter(slots, inside, 'huge', 900 * MIB);
    void enter(slots, inside, 'small', 1);
    await entered(inside, ['half']);
    (await first)[Symbol.dispose]();
    await entered(inside, ['half', 'huge']);
    (await huge)[Symbol.dispose]();
    await entered(inside, ['half', 'huge', 'small']);
  });

  it('lets in nothing beside a medium that must be alone', async () => {
    const slots = new UploadSlots();
    const inside: string[] = [];
    const alone = enter(slots, inside, 'alone', 1, true);
    void enter(slots, inside, 'other', 1);
    await entered(inside, ['alone']);
    (await alone)[Symbol.dispose]();
    await entered(inside, ['alone', 'other']);
  });

  it('loses no place to a medium that gives up its wait, late or aborted', async () => {
    const slots = new UploadSlots();
    const inside: string[] = [];
    const alone = enter(slots, inside, 'alone', 1, true);
    await assert.rejects(slots.take(1, false, 1, never), DeadlineError);
    await assert.rejects(slots.take(1, false, LONG_MS, AbortSignal.abort(new Error('closing'))), /closing/);
    for (const name of ['a', 'b', 'c', 'd']) void enter(slots, inside, name, 1);
    (await alone)[Symbol.dispose]();
    await entered(inside, ['alone', 'a', 'b', 'c', 'd']);
  });
});
