import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeBrowserWrapper } from '../../../services/sandbox/site/browser-wrapper.ts';

describe('browser wrapper', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "gatehouse 'odd' $HOME `x` "));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A browser that prints its arguments, one a line, and its pid. */
  function makeBrowser(): string {
    const path = join(folder, 'bro\'wser "$1"');
    writeFileSync(path, '#!/bin/sh\necho "$$"\nfor word in "$@"; do echo "$word"; done\n');
    chmodSync(path, 0o755);
    return path;
  }

  it('starts the browser, whatever its path is made of, with the caller’s words and then its own', () => {
    const path = writeBrowserWrapper({ folder, browser: makeBrowser(), webPort: 4321, spki: 'a+b/c=' });
    const given = ['--user-data-dir=/tmp/a b', "it's", '$HOME', '*', ''];
    const [, ...words] = execFileSync(path, given, { encoding: 'utf8' }).split('\n').slice(0, -1);
    assert.deepEqual(words, [
      ...given,
      '--host-resolver-rules=MAP web.whatsapp.com:443 127.0.0.1:4321, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
      '--ignore-certificate-errors-spki-list=a+b/c=',
    ]);
  });

  it('is executable, and replaces an earlier one', () => {
    const browser = makeBrowser();
    writeBrowserWrapper({ folder, browser, webPort: 1, spki: 'x' });
    const path = writeBrowserWrapper({ folder, browser, webPort: 2, spki: 'x' });
    assert.equal(statSync(path).mode & 0o777, 0o700);
    assert.match(execFileSync(path, { encoding: 'utf8' }), /127\.0\.0\.1:2,/);
  });

  it('becomes the browser, under the same pid', () => {
    const path = writeBrowserWrapper({ folder, browser: makeBrowser(), webPort: 1, spki: 'x' });
    const script = `"$0" & echo $!; wait`;
    const pids = execFileSync('sh', ['-c', script, path], { encoding: 'utf8' }).match(/^\d+$/gm);
    assert.equal(pids?.length, 2);
    assert.equal(pids?.[0], pids?.[1]);
  });
});
