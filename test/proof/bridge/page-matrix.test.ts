import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { COLUMNS, expectedCells } from '../../support/bridge/matrix/columns.ts';
import { renderDocument, renderText } from '../../support/bridge/matrix/render.ts';
import { type ColumnResult, runColumn } from '../../support/bridge/matrix/run-column.ts';

/** Where the matrix is written to, if a run is to publish it. */
const { MATRIX_OUT } = process.env;
/** Runs only the pages whose text holds this. */
const { MATRIX_PAGE = '' } = process.env;
/** Columns that run at the same time: they mostly wait. */
const AT_ONCE = 3;

describe('bridge, every capability on every page of the stand-in', () => {
  const columns = COLUMNS.filter(({ page }) => page.includes(MATRIX_PAGE));
  const results: ColumnResult[] = [];
  const running = new Map<string, Promise<ColumnResult>>();
  let slots: Promise<unknown>[] = [];

  before(() => {
    slots = Array.from({ length: AT_ONCE }, () => Promise.resolve());
    for (const [index, column] of columns.entries()) {
      const slot = index % AT_ONCE;
      const result = (slots[slot] ?? Promise.resolve()).then(() => runColumn(column));
      slots[slot] = result.catch(() => 'reported by the test of this column');
      running.set(column.page, result);
    }
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
    if (MATRIX_OUT !== undefined)
      writeFileSync(
        MATRIX_OUT,
        renderDocument(results, 'make proof T=bridge/page-matrix MATRIX_OUT=docs/whatsapp-matrix.md'),
      );
  });
});
