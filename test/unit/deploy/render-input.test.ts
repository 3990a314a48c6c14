import assert from 'node:assert/strict';
import { ConfigError, type Deployment, loadConfig } from '#config';
import { renderInput, standIns } from '../../../deploy/rendering/render-input.ts';

const declared: Deployment = {
  name: 'gatehouse',
  memoryMb: 1_024,
  cpus: 1,
  volumeGb: 5,
  region: 'everywhere',
  settings: { LOG_LEVEL: 'warn', PACING_PER_MINUTE: '20' },
  secrets: ['API_KEYS'],
  platforms: {
    fly: { region: 'ams', settings: { LOG_LEVEL: 'debug' }, secrets: ['DATABASE_URL', 'API_KEYS'] },
  },
};

describe('what a renderer is given', () => {
  it('is what holds everywhere, and over it what holds on that platform alone', () => {
    const { deployment, config } = renderInput({ profile: 'fly' }, declared);
    assert.equal(deployment.region, 'ams');
    assert.deepEqual(deployment.settings, { LOG_LEVEL: 'debug', PACING_PER_MINUTE: '20' });
    assert.deepEqual(deployment.secrets, ['API_KEYS', 'DATABASE_URL']);
    assert.deepEqual([config.log.level, config.pacing.perMinute, config.profile], ['debug', 20, 'fly']);
    assert.equal(renderInput({ profile: 'railway' }, declared).deployment.region, 'everywhere');
  });

  it('takes what the platform needs only where nobody has said otherwise', () => {
    const needed = { STOP_GRACE_MS: '30000', DRAIN_MS: '28000', LOG_LEVEL: 'error' };
    const { config } = renderInput({ profile: 'fly', settings: needed }, declared);
    assert.deepEqual([config.stop, config.log.level], [{ graceMs: 30_000, drainMs: 28_000 }, 'debug']);
  });

  it('has a stand-in for every secret that passes its format', () => {
    const names = ['API_KEYS', 'DATABASE_URL', 'INTERNAL_SECRET', 'SENTRY_DSN'];
    const { config } = loadConfig({ commandLine: standIns(names), env: {}, folder: '/nowhere' });
    assert.match(config.store.databaseUrl, /^postgres:/);
    assert.equal(config.apiKeys.length, 1);
  });

  it('fails with every setting that is wrong there', () => {
    assert.throws(
      () =>
        renderInput({ profile: 'fly' }, { ...declared, settings: { DRAIN_MS: 'long', LOG_FORMAT: 'xml' } }),
      (error) => error instanceof ConfigError && error.problems.length === 2,
    );
  });
});
