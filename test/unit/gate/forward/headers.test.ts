import assert from 'node:assert/strict';
import fc from 'fast-check';
import { endToEndHeaders, FROM_OUTSIDE } from '../../../../services/gate/forward/headers.ts';

const SEED = Number(process.env.FC_SEED ?? Date.now() % 1_000_000);

describe('endToEndHeaders', () => {
  it(`keeps no nominated and no hop-by-hop field, and all others in order (seed ${SEED})`, () => {
    const name = fc.constantFrom('X-A', 'x-b', 'Cookie', 'TE', 'Trailer', 'Keep-Alive', 'X-C', 'Upgrade');
    const lines = fc.array(fc.oneof(fc.tuple(name, fc.string()), fc.tuple(fc.constant('Connection'), name)), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(lines, (pairs) => {
        const named = new Set(
          pairs.filter(([key]) => key === 'Connection').map(([, value]) => value.toLowerCase()),
        );
        const hop = new Set(['connection', 'te', 'trailer', 'keep-alive', 'upgrade']);
        const expected = pairs.filter(
          ([key]) => !hop.has(key.toLowerCase()) && !named.has(key.toLowerCase()),
        );
        assert.deepEqual(endToEndHeaders(pairs.flat(), FROM_OUTSIDE), expected.flat());
      }),
      { seed: SEED },
    );
  });
});
