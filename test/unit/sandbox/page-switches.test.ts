import assert from 'node:assert/strict';
import { loadConfig, readSandboxPage, SANDBOX_SWITCHES } from '#config';
import { DEFAULT_POLICY, parsePolicy } from '../../../services/sandbox/web/policy.ts';
import { DEFAULT_SETTINGS, EDITIONS, parseSettings } from '../../../services/sandbox/web/settings.ts';

describe('SANDBOX_PAGE', () => {
  it('has a switch for each setting of the page and of the server, of the same type', () => {
    const { edition: _edition, ...settings } = DEFAULT_SETTINGS;
    const types = Object.entries({ ...settings, ...DEFAULT_POLICY }).map(([name, value]) => [
      name,
      Array.isArray(value)
        ? 'list'
        : { string: 'text', number: 'number', boolean: 'flag' }[String(typeof value)],
    ]);
    assert.deepEqual(SANDBOX_SWITCHES, Object.fromEntries(types));
  });

  it('selects the newest page unless it is set', () => {
    const loaded = loadConfig({ env: { WHATSAPP: 'sandbox' } });
    assert.equal(loaded.config.sandbox.page, EDITIONS.at(-1));
    assert.deepEqual(parseSettings(readSandboxPage(loaded.config.sandbox.page)), DEFAULT_SETTINGS);
  });

  it('reads editions and switches', () => {
    const page = readSandboxPage('2026-08,lidChats,deviceAckMs=-1,late=A+B,passkey=false,mode=no-ack');
    const settings = parseSettings(page);
    assert.deepEqual(
      [settings.edition, settings.lidChats, settings.late, settings.passkey],
      ['2026-08', true, ['A', 'B'], false],
    );
    assert.deepEqual([parsePolicy(page).deviceAckMs, parsePolicy(page).mode], [-1, 'no-ack']);
  });

  it('refuses an edition, a switch or a value that it does not know, and names the choice', () => {
    for (const [text, remedy] of [
      ['2025-01', /must begin with an edition \(2026-06, 2026-08, 2026-09\)/],
      ['2026-09,nothing', /has no switch "nothing"; there are addMs,/],
      ['2026-09,toString', /has no switch "toString"/],
      ['2026-09,busyMs=soon', /gives "soon" for busyMs, which is a number/],
      ['2026-09,lidChats=maybe', /gives "maybe" for lidChats, which is a flag/],
      ['', /must begin with an edition/],
    ] as const)
      assert.throws(() => readSandboxPage(text), remedy);
  });
});
