import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { modules } from '../../../services/sandbox/web/modules/registry.ts';

const LIBRARY = dirname(createRequire(import.meta.url).resolve('whatsapp-web.js/package.json'));

/** What the library names besides, for features that this kit does not use: each fails alone, when it is called. */
const NOT_NEEDED = readFileSync(join(import.meta.dirname, 'surface-not-needed.txt'), 'utf8')
  .trim()
  .split('\n');

/** Not named by the library: among them the version from which the bridge supplies `Debug.VERSION` (`page/version.ts`). */
const NAMED_BY_THE_BRIDGE = [
  'WAWebBuildConstants',
  // How failed sends are found and retried, and when sends leave the page.
  ...['WAWebResendMsgAction', 'WAWebMsgGetters', 'WAWebEventsWaitForOfflineDeliveryEnd'],
  'WAWebBlocklistCollection',
  // Links with a passkey.
  ...['WAWebShortcakeLinkingApi', 'WAWebShortcakeLinkingAction'],
];

/** Read once for both tests. */
const named = namedByLibrary();

describe('registry of the stand-in, beside the library that asks it', () => {
  it('has every module that whatsapp-web.js names, but for those listed as not needed', () => {
    const missing = named.filter((name) => modules[name] === undefined);
    assert.deepEqual(missing, NOT_NEEDED, 'new in the library: add it to web/modules/ or to the list');
  });

  it('has no module that neither the library nor the bridge names', () => {
    const known = new Set([...named, ...NAMED_BY_THE_BRIDGE]);
    assert.deepEqual(
      Object.keys(modules).filter((name) => !known.has(name)),
      [],
    );
  });
});

function namedByLibrary(): string[] {
  const names = globSync('src/**/*.js', { cwd: LIBRARY }).flatMap((file) => {
    const source = readFileSync(join(LIBRARY, file), 'utf8').replace(/\s+/g, ' ');
    const required = source.matchAll(/window ?\. ?require\( ?'([^']+)',? ?\)/g);
    const injected = source.matchAll(/module: '([^']+)'/g);
    return [...required, ...injected].map(([, name = '']) => name);
  });
  return [...new Set(names)].sort();
}
