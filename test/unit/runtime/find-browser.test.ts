import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBrowser } from '../../../services/runtime/find-browser.ts';

describe('the browser to run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-browser-'));
  const chromium = join(folder, 'chromium');
  before(() => {
    writeFileSync(chromium, '#!/bin/sh\n');
    chmodSync(chromium, 0o755);
    mkdirSync(join(folder, 'a-folder'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('is the one configured', async () => assert.equal(await findBrowser(chromium, ''), chromium));
  it('is else the one on the PATH', async () =>
    assert.equal(await findBrowser('', `/nowhere:${folder}`), chromium));

  for (const wrong of ['/nowhere/chromium', join(folder, 'a-folder')]) {
    it(`is refused with the remedy when ${wrong.split('/').at(-1)} cannot be executed`, async () => {
      await assert.rejects(
        findBrowser(wrong, folder),
        /PUPPETEER_EXECUTABLE_PATH is .*: correct it, or unset it/,
      );
    });
  }
});
