import assert from 'node:assert/strict';
import { readPreference } from '../../../../services/api/messages/prefer-header.ts';

describe('Prefer', () => {
  for (const [header, waitMs, applied] of [
    [undefined, undefined, undefined],
    ['respond-async', 0, 'respond-async'],
    ['Respond-Async', 0, 'respond-async'],
    ['wait=5', 5_000, 'wait=5'],
    ['wait = "5"', 5_000, 'wait=5'],
    ['respond-async, wait=10', 10_000, 'respond-async, wait=10'],
    ['return=minimal; x, wait=2;y=1', 2_000, 'wait=2'],
    ['wait=1, wait=9', 1_000, 'wait=1'],
    ['wait=0', 0, 'wait=0'],
    ['wait=-1', undefined, undefined],
    ['wait=soon', undefined, undefined],
    ['respond-asynchronously', undefined, undefined],
    ['', undefined, undefined],
  ] as const)
    it(`${header ?? '(none)'} is ${waitMs ?? 'no'} ms`, () => {
      assert.deepEqual(readPreference(header), { waitMs, applied });
    });
});
