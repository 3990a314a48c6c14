import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { loadLibrary } from '../../../../services/bridge/page/library.ts';

const run = promisify(execFile);
const INDEX = 'whatsapp-web.js';

describe('bridge, how it loads whatsapp-web.js', () => {
  /** Counts the files that a process of its own loads, and those of the packages that only RemoteAuth needs. */
  async function loadedFiles(failing: string): Promise<{ all: number; forRemoteAuth: number }> {
    const script = `
      const { loadLibrary } = await import('./services/bridge/page/library.ts');
      const { createRequire } = await import('node:module');
      await loadLibrary({ warn() {} }, (name) => {
        if (name.startsWith(${JSON.stringify(failing)})) throw new Error('no such path');
        return import(name);
      });
      const files = Object.keys(createRequire(process.cwd() + '/').cache);
      const forRemoteAuth = files.filter((file) => /node_modules\\/(archiver|unzipper|fs-extra)\\//.test(file));
      console.log(JSON.stringify({ all: files.length, forRemoteAuth: forRemoteAuth.length }));`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], {
      cwd: new URL('../../../..', import.meta.url).pathname,
    });
    return JSON.parse(stdout);
  }

  it('leaves out what only RemoteAuth needs; the index would load it', async () => {
    const parts = await loadedFiles('nothing');
    const index = await loadedFiles(`${INDEX}/src/`);
    assert.equal(parts.forRemoteAuth, 0);
    assert.ok(index.forRemoteAuth > 0);
    assert.ok(index.all > parts.all + 100, `${index.all} files instead of ${parts.all}`);
  });

  for (const [what, answer] of [
    ['is missing', () => Promise.reject(new Error('Cannot find module'))],
    ['exports something else', async () => ({ default: { Client: 'moved' } })],
  ] as const) {
    it(`loads the index instead when a private path ${what}, and logs what that costs`, async () => {
      const warnings: unknown[][] = [];
      const library = await loadLibrary({ warn: (...given: unknown[]) => warnings.push(given) }, (name) =>
        name === INDEX ? import(INDEX) : answer(),
      );
      assert.deepEqual(library, (await import(INDEX)).default);
      assert.equal(warnings.length, 1);
      assert.match(
        String(warnings[0]?.[1]),
        /^whatsapp-web\.js is loaded whole, which needs about 11 MB more: /,
      );
      const { description } = new library.Location(1, 2, { name: 'a place' });
      assert.equal(description, 'a place');
    });
  }

  it('fails when the index is missing too', async () => {
    await assert.rejects(
      loadLibrary({ warn: () => undefined }, () => Promise.reject(new Error('no package'))),
      /no package/,
    );
    await assert.rejects(
      loadLibrary({ warn: () => undefined }, async () => ({})),
      /does not export Client, NoAuth and Location/,
    );
  });
});
