import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listSettings, loadConfig, secretsOf, sensitiveVariables, toEnvironment, topology } from '#config';

const KEY = '0123456789abcdef-of-a-test-9f86d081';
const SECRETS = [...sensitiveVariables()];

describe('secrets of the kit', () => {
  const empty = mkdtempSync(join(tmpdir(), 'gatehouse-config-'));
  after(() => rmSync(empty, { recursive: true }));
  const load = (env: Record<string, string>) => loadConfig({ env, folder: empty });

  it('are declared by settings that are sensitive', () => {
    const sensitive = listSettings().flatMap(({ setting }) => (setting.sensitive ? [setting.env] : []));
    for (const { name } of topology)
      assert.deepEqual(
        secretsOf(name).filter((secret) => !sensitive.includes(secret)),
        [],
        name,
      );
  });

  it('keeps the secrets back from a service that is not of the kit', () => {
    const { config } = load({ API_KEYS: KEY, INTERNAL_SECRET: 's9f86d081884c7d659a2feaa0c55ad01' });
    const handed = toEnvironment(config, secretsOf('a service of one’s own'));
    assert.equal(handed.API_KEYS, undefined);
    assert.equal(handed.INTERNAL_SECRET, undefined);
  });

  it('gives each service of the kit the secrets that it uses, and no other', () => {
    const secrets = {
      API_KEYS: KEY,
      INTERNAL_SECRET: 's9f86d081884c7d659a2feaa0c55ad01',
      DATABASE_URL: 'postgres://u:p@h/n',
    };
    const { config } = load(secrets);
    const given = (service: string) => {
      const handed = toEnvironment(config, secretsOf(service));
      return SECRETS.filter((name) => handed[name] !== undefined).toSorted();
    };
    assert.deepEqual(given('gate'), ['API_KEYS', 'INTERNAL_SECRET']);
    assert.deepEqual(given('bridge'), ['INTERNAL_SECRET']);
    assert.deepEqual(given('api'), ['API_KEYS', 'DATABASE_URL', 'INTERNAL_SECRET']);
    assert.deepEqual(given('sandbox'), ['API_KEYS', 'INTERNAL_SECRET']);
  });

  it('starts a service on a host of its own without the secrets that it does not use', () => {
    const env = { GATEHOUSE_PROFILE: 'kubernetes', INTERNAL_SECRET: 's9f86d081884c7d659a2feaa0c55ad01' };
    const bridge = loadConfig({ env, folder: empty, service: 'bridge' });
    assert.equal(bridge.config.gate.host, '0.0.0.0');
    assert.throws(() => loadConfig({ env, folder: empty, service: 'gate' }), /API_KEYS .*must be set/);
    const all = { ...env, API_KEYS: KEY, DATABASE_URL: 'postgres://u:p@h/n' };
    const { config } = loadConfig({ env: all, folder: empty, service: 'bridge' });
    assert.deepEqual([config.apiKeys, config.store.databaseUrl], [[], '']);
  });
});
