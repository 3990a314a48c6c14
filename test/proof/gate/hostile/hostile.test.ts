import assert from 'node:assert/strict';
import { BACKEND_NAMES } from '../../../hostile/arena.ts';
import { runAttack } from '../../../hostile/attack.ts';
import { Tally } from '../../../hostile/tally.ts';
import { isBounded } from '../../../run/bounded.ts';
import { GATES } from '../../../support/gate/gates.ts';

/** The same at each run, which judges a change and not chance; `make fuzz` looks for what nobody has seen yet. */
const SEED = Number(process.env.SEED || 629_752);
/** At each gate, in a bounded run. */
const BOUNDED_CASES = 2_000;
/** Over all gates and backends. `make fuzz` has no end. */
const CASES = Number(process.env.CASES || (isBounded ? BOUNDED_CASES * GATES.length : 10_000));
const EACH = Math.ceil(CASES / (GATES.length * BACKEND_NAMES.length));

for (const kind of GATES) {
  describe(`hostile bytes (${kind.name} gate, seed ${SEED})`, () => {
    let all = new Tally();

    for (const backend of BACKEND_NAMES) {
      it(`lets nothing through to ${backend} but what is admitted, once, and as it was sent`, async () => {
        all = all.plus(await runAttack({ kind, backend, seed: SEED, cases: EACH }));
      });
    }

    it('was put to the test: much was let in, much was refused, some in one go', () => {
      const share = (count: number): number => count / all.cases;
      assert.ok(all.cases >= EACH * BACKEND_NAMES.length, `${all}`);
      assert.ok(share(all.admitted) > 0.3 && share(all.refused) > 0.3, `${all}`);
      assert.ok(share(all.pipelined) > 0.02 && share(all.bodies) > 0.05 && share(all.broken) > 0.2, `${all}`);
      assert.ok(all.tunnels > 0, `${all}`);
    });
  });
}
