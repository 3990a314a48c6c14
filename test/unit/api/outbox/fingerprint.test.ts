import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fingerprintOf } from '../../../../services/api/messages/idempotency.ts';

const SEED = Number(process.env.FC_SEED ?? Date.now() % 1_000_000);

describe('fingerprint of a request', () => {
  it(`is the same for the same meaning, and differs for any other (seed ${SEED})`, () => {
    const shuffled = (value: object) => Object.fromEntries(Object.entries(value).toReversed());
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.dictionary(fc.string(), fc.jsonValue()),
        (a, b) => {
          assert.equal(fingerprintOf('r', a), fingerprintOf('r', shuffled(a)));
          assert.notEqual(fingerprintOf('r', a), fingerprintOf('q', a));
          const isSame = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
          assert.equal(fingerprintOf('r', a) === fingerprintOf('r', b), isSame);
        },
      ),
      { seed: SEED },
    );
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .map(([key, inner]) => [key, sorted(inner)])
    .toSorted(([left], [right]) => (String(left) < String(right) ? -1 : 1));
}
