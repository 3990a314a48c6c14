import fc from 'fast-check';
import { sqliteFolder } from '../../../support/api/databases.ts';
import { assertNothingIsLost } from '../../../support/api/store/writer-process.ts';

const SEED = Number(process.env.FC_SEED ?? Date.now() % 1_000_000);

describe('store on sqlite, whose process is killed again and again', () => {
  it(`has all that each process said was written, and no half of anything (seed ${SEED})`, async () => {
    const folder = sqliteFolder();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          writers: fc.integer({ min: 1, max: 16 }),
          rows: fc.integer({ min: 1, max: 5 }),
          bytes: fc.constantFrom(1, 500, 20_000),
          tasks: fc.integer({ min: 1, max: 150 }),
        }),
        async (killed) => {
          run += 1;
          await assertNothingIsLost(folder, { prefix: `run${run}`, ...killed });
        },
      ),
      { seed: SEED, numRuns: 10 },
    );
  });
});
