import assert from 'node:assert/strict';
import { ConfigError, explainConfig, loadConfig } from '#config';

const load = (env: Record<string, string> = {}) => loadConfig({ env, folder: '/' });

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    load(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('config, of messages', () => {
  it('takes a PostgreSQL URL, refuses what is none, and shows it to nobody', () => {
    const url = 'postgres://kit:secret-word@db.example:5432/kit';
    const loaded = load({ DATABASE_URL: url });
    assert.equal(loaded.config.store.databaseUrl, url);
    const row = explainConfig(loaded).find(({ variable }) => variable === 'DATABASE_URL');
    assert.equal(row?.value, '[secret]');
    for (const bad of ['mysql://db/kit', 'db.example/kit', 'postgres://db.example', 'postgres:///kit', 'x']) {
      const problems = problemsOf({ DATABASE_URL: bad });
      assert.equal(problems.length, 1, bad);
      assert.ok(!problems[0]?.includes(bad), 'the value is a secret');
    }
  });

  it('keeps the store in DATA_DIR unless it is told where', () => {
    assert.equal(load({ DATA_DIR: '/var/kit' }).config.store.folder, '/var/kit');
    assert.equal(load({ DATA_DIR: '/var/kit', STORE_DIR: '/fast' }).config.store.folder, '/fast');
  });

  it('takes networks with a prefix length, and refuses any other form', () => {
    assert.deepEqual(
      load({ OUTBOUND_ALLOW_NETWORKS: '10.1.0.0/16, fd00::/8' }).config.webhooks.allowNetworks,
      ['10.1.0.0/16', 'fd00::/8'],
    );
    assert.deepEqual(load().config.webhooks.allowNetworks, []);
    for (const bad of ['10.1.0.0', '10.1.0.0/33', '10.1/16', 'localhost/8', '10.0.0.0/8,', '::1/129', '/8'])
      assert.equal(problemsOf({ OUTBOUND_ALLOW_NETWORKS: bad }).length, 1, bad);
  });

  it('takes media types, and refuses what is none', () => {
    assert.deepEqual(load({ MEDIA_TYPES: 'image/*,application/pdf' }).config.outbox.mediaTypes, [
      'image/*',
      'application/pdf',
    ]);
    for (const bad of ['image', '*/*', 'image/', 'Image/PNG', 'image/*;q=1', ','])
      assert.equal(problemsOf({ MEDIA_TYPES: bad }).length, 1, bad);
  });
});
