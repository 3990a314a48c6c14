import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BrowserSandbox } from '../../../../services/bridge/session/browser-sandbox.ts';

describe('bridge, whose browser did not start', () => {
  let folder: string;
  let warnings: string[];
  const log = { warn: (text: string) => warnings.push(text) };

  /** A program that notes that it was asked, and then does this. */
  const browser = (script: string): string => {
    const path = join(folder, 'browser');
    writeFileSync(path, `#!/bin/sh\necho asked >>${folder}/asked\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  };
  const asked = () => readFileSync(join(folder, 'asked'), 'utf8').split('\n').length - 1;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-browser-'));
    warnings = [];
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('gives up the sandbox only when the browser itself says that there is none, and warns once', async () => {
    const sandbox = new BrowserSandbox(false);
    const path = browser(
      'echo "[1:1:ERROR:zygote_host_impl_linux.cc] No usable sandbox! If this is" >&2; exit 1',
    );
    assert.equal(sandbox.isUsed, true);
    assert.equal(await sandbox.isLacking(path, log), true);
    assert.equal(sandbox.isUsed, false);
    // What fails now fails for another reason.
    assert.equal(await sandbox.isLacking(path, log), false);
    assert.equal(asked(), 1);
    assert.equal(warnings.length, 1);
  });

  it('keeps it, and asks no more, when a browser shows a page', async () => {
    const sandbox = new BrowserSandbox(false);
    const path = browser('echo "<html></html>"');
    for (const _ of [1, 2]) assert.equal(await sandbox.isLacking(path, log), false);
    assert.equal(asked(), 1);
    assert.equal(sandbox.isUsed, true);
  });

  it('keeps it, and asks again, when the browser fails without a word or hangs', async () => {
    const sandbox = new BrowserSandbox(false, 3_000);
    for (const script of ['exit 133', 'exec sleep 30'])
      assert.equal(await sandbox.isLacking(browser(script), log), false);
    assert.equal(await sandbox.isLacking(join(folder, 'nothing-here'), log), false);
    assert.equal(asked(), 2);
    assert.equal(sandbox.isUsed, true);
    assert.deepEqual(warnings, []);
  });

  it('asks nobody as root, to whom Chromium refuses one', async () => {
    const sandbox = new BrowserSandbox(true);
    assert.equal(sandbox.isUsed, false);
    assert.equal(await sandbox.isLacking('/nowhere', log), false);
  });
});
