import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CAPABILITIES } from '../../../services/bridge/page/compat/capabilities.ts';
import { modules } from '../../../services/sandbox/web/modules/registry.ts';
import { askedByBridge, askedByLibrary } from '../../support/sandbox/asked-exports.ts';
import { recordOf } from '../../support/sandbox/sandbox-folder.ts';

const FILE = join(import.meta.dirname, '../../../services/sandbox/surface/whatsapp-surface.json');
const text = readFileSync(FILE, 'utf8');
const surface = recordOf(recordOf(JSON.parse(text)).modules);

/** What the library names besides, for features that this kit does not use: each fails alone, when it is called. */
const NOT_NEEDED = readFileSync(join(import.meta.dirname, 'surface-not-needed.txt'), 'utf8')
  .trim()
  .split('\n');

/** Modules of the stand-in that the library does not name. */
const NAMED_BY_THE_BRIDGE = [
  // From which the bridge supplies `Debug.VERSION` (`page/version.ts`).
  'WAWebBuildConstants',
  ...CAPABILITIES.flatMap(({ needs }) => needs.map((need) => need.replace(/[.:].*/, ''))),
  'WAWebMsgGetters',
  'WAWebBlocklistCollection',
  // How retries end (`page/send-hook.ts`).
  'WAWebSendMsgRecordAction',
  // Links with a passkey.
  ...['WAWebShortcakeLinkingApi', 'WAWebShortcakeLinkingAction'],
];

/** A module that the file lacks; its exports were read from the same revision. */
const BESIDE_THE_FILE = ['WAWebBuildConstants'];

/** What is asked and is not on the real page: each is a feature of the library that fails there (jigger@0fbd5e1a). */
const GONE = [
  // Notes about a contact. The revision has no such module.
  'WAWebBizGatingUtils.smbNotesV1Enabled',
  // To block a contact without a chat.
  'WAWebBlockContactUtils.getContactToBlockOnlyUseIfNoAssociatedChat',
  'WAWebDemoteNewsletterAdminAction.demoteNewsletterAdmin',
  'WAWebGroupInviteV4Job.joinGroupViaInviteV4',
  'WAWebGroupQueryJob.resetGroupInviteCode',
  // The revision has no such module.
  'WAWebMexFetchNewsletterSubscribersJob.mexFetchNewsletterSubscribers',
  'WAWebNewsletterDemoteAdminJob.demoteNewsletterAdminAction',
  'WAWebNewsletterGatingUtils.getNewsletterDirectoryPageSize',
  'WAWebNewsletterModelUtils.getRoleByIdentifier',
  'WAWebStatusGatingUtils.canCheckStatusRankingPosterGating',
  // The library only assigns it, to have messages decrypted later; nothing reads it.
  'WAWebSyncGatingUtils.isPlaceholderMessageResendEnabled',
];

/** The exports that the real page has; undefined for one whose default export is what `require` gives. */
function exportsOf(module: string): readonly unknown[] | undefined {
  const names = surface[module];
  assert.ok(Array.isArray(names), `${module} is not in the file`);
  return names.includes('default') ? undefined : names;
}

describe('registry of the stand-in, beside the library that asks it', () => {
  it('has every module that whatsapp-web.js names, but for those listed as not needed', () => {
    const missing = askedByLibrary.modules.filter((name) => modules[name] === undefined);
    assert.deepEqual(missing, NOT_NEEDED, 'new in the library: add it to web/modules/ or to the list');
  });

  it('has no module that neither the library nor the bridge names', () => {
    const known = new Set([...askedByLibrary.modules, ...askedByBridge.modules, ...NAMED_BY_THE_BRIDGE]);
    assert.deepEqual(
      Object.keys(modules).filter((name) => !known.has(name)),
      [],
    );
  });
});

describe('registry of the stand-in, beside the names of the real page', () => {
  it('is compared with the file that was read from the real page', () => {
    assert.equal(
      createHash('sha256').update(text).digest('hex'),
      '0150e4a6cdafc400d5bc9d149e4ab3cdf712bae38d8b1e8e427c7bd4bc8bbbb2',
    );
  });

  it('exports nothing that the real page does not', () => {
    const made = Object.entries(modules)
      .filter(([module]) => !BESIDE_THE_FILE.includes(module))
      .flatMap(([module, value]) => {
        const real = exportsOf(module);
        const own = typeof value === 'object' && value !== null ? Object.keys(value) : [];
        return real === undefined
          ? []
          : own.filter((name) => !real.includes(name)).map((name) => `${module}.${name}`);
      });
    assert.deepEqual(made, []);
  });

  it('has on the real page whatever the library and the bridge ask for, but for what is known to be gone', () => {
    const asked = [...new Set([...askedByLibrary.exports, ...askedByBridge.exports])];
    assert.ok(asked.length > 200);
    const missing = asked.filter((name) => {
      const [module = '', member = ''] = name.split('.');
      if (BESIDE_THE_FILE.includes(module)) return false;
      return surface[module] === undefined || exportsOf(module)?.includes(member) === false;
    });
    assert.deepEqual(missing.sort(), GONE);
  });
});
