import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { EDITIONS } from '../../../services/sandbox/web/settings.ts';
import { isBounded } from '../../run/bounded.ts';
import { COLUMNS, expectedCells } from '../../support/bridge/matrix/columns.ts';
import { type FoundColumn, renderDocument, renderText } from '../../support/bridge/matrix/render.ts';
import { runColumn } from '../../support/bridge/matrix/run-column.ts';

/** Where the matrix is written to, if a run is to publish it. */
const { MATRIX_OUT } = process.env;
/** Runs only the pages that this expression finds. */
const { MATRIX_PAGE = '' } = process.env;
/** Columns that run at the same time: they mostly wait. */
const AT_ONCE = 3;
/** The bounded part of the tier has only this column. */
const NEWEST = EDITIONS.at(-1);

describe('bridge, every capability on every page of the stand-in', function () {
  // A contract that fails has waited for two minutes, and others of its column may wait in turn.
  this.timeout(600_000);
  const columns = COLUMNS.filter(({ page }) =>
    isBounded ? page === NEWEST : new RegExp(MATRIX_PAGE).test(page),
  );
  const results: FoundColumn[] = [];
  const running = new Map<string, Promise<FoundColumn>>();

  before(() => {
    const waiting = columns.map((column) => ({ column, ...Promise.withResolvers<FoundColumn>() }));
    for (const { column, promise } of waiting) {
      running.set(column.page, promise);
      // The test that awaits it may start later. Until then, a failure must not count as unhandled.
      promise.catch(() => undefined);
    }
    const work = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
        await runColumn(next.column).then(next.resolve, next.reject);
    };
    for (let n = 0; n < AT_ONCE; n += 1) void work();
  });

  for (const column of columns)
    it(`${column.page}: ${column.because}`, async () => {
      const result = await running.get(column.page);
      assert.ok(result);
      results.push(result);
      const [first] = Object.entries(result.failures);
      if (first !== undefined)
        throw new Error(`${Object.keys(result.failures)} failed; ${first[0]}:`, { cause: first[1] });
      assert.deepEqual({ ...result.cells }, { ...expectedCells(column) });
    });

  after(() => {
    process.stdout.write(`\n${renderText(results)}\n`);
    const isWhole = results.length === COLUMNS.length;
    if (MATRIX_OUT !== undefined && isWhole) writeFileSync(MATRIX_OUT, renderDocument(results));
  });
});
