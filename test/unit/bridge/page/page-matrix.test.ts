import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readSandboxPage, SANDBOX_SWITCHES } from '#config';
import { CAPABILITIES } from '../../../../services/bridge/page/compat/capabilities.ts';
import { DEFAULT_POLICY, SEND_MODES } from '../../../../services/sandbox/web/policy.ts';
import { DEFAULT_SETTINGS, EDITIONS } from '../../../../services/sandbox/web/settings.ts';
import { COLUMNS, expectedCells } from '../../../support/bridge/matrix/columns.ts';
import { CONTRACTS } from '../../../support/bridge/matrix/contracts.ts';
import { DOCUMENT, renderDocument } from '../../../support/bridge/matrix/render.ts';

const capabilities = CAPABILITIES.map(({ name }) => name);
const ofNewest = COLUMNS.map(({ page }) => readSandboxPage(page)).filter(
  ({ edition }) => edition === EDITIONS.at(-1),
);

describe('matrix of capabilities and pages', () => {
  it('has a contract for each capability, and for nothing else', () => {
    assert.deepEqual(Object.keys(CONTRACTS).toSorted(), capabilities.toSorted());
  });

  it('has a column for each edition without switches', () => {
    for (const edition of EDITIONS)
      assert.ok(
        COLUMNS.some(({ page }) => page === edition),
        edition,
      );
  });

  it('turns each switch of SANDBOX_PAGE on the newest edition, and has each mode of sends', () => {
    const defaults: Readonly<Record<string, unknown>> = { ...DEFAULT_SETTINGS, ...DEFAULT_POLICY };
    const isTurned = (name: string) =>
      ofNewest.some((page) => Object.hasOwn(page, name) && String(page[name]) !== String(defaults[name]));
    assert.deepEqual(
      Object.keys(SANDBOX_SWITCHES).filter((name) => !isTurned(name)),
      [],
    );
    const modes = ofNewest.map(({ mode }) => mode ?? DEFAULT_POLICY.mode);
    assert.deepEqual(
      SEND_MODES.filter((mode) => !modes.includes(mode)),
      [],
    );
  });

  it('names each page once, and only capabilities that there are', () => {
    assert.equal(new Set(COLUMNS.map(({ page }) => page)).size, COLUMNS.length);
    for (const { page, cells = {}, breaks = [] } of COLUMNS)
      for (const name of [...Object.keys(cells), ...breaks])
        assert.ok(capabilities.includes(name), `${page}: ${name}`);
  });

  it(`is what ${DOCUMENT} shows`, () => {
    const shown = COLUMNS.map((column) => ({ column, cells: expectedCells(column) }));
    assert.equal(readFileSync(DOCUMENT, 'utf8'), renderDocument(shown));
  });
});
