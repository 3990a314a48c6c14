import assert from 'node:assert/strict';
import { railway } from '../../../../deploy/railway/render.ts';
import { inputFor, readRendered, textAt } from '../../../support/deploy/platforms/support.ts';

const FILE = '.railway/railway.ts';

describe('.railway/railway.ts', () => {
  const rendered = (changes = {}) => textAt(railway.render(inputFor(railway, changes)), FILE);

  it('asks for one instance with a volume, that drains, never sleeps, never overlaps and is restarted', () => {
    assert.deepEqual(readRendered({ path: FILE, text: rendered() }), {
      build: { builder: 'DOCKERFILE', dockerfilePath: 'Dockerfile' },
      healthcheck: '/health',
      healthcheckTimeout: 300,
      replicas: 1,
      deploy: { restartPolicyType: 'ALWAYS', sleepApplication: false },
      volumeMounts: { '/data': { type: 'volume' } },
      env: {
        PORT: '8080',
        RAILWAY_DEPLOYMENT_DRAINING_SECONDS: '30',
        RAILWAY_DEPLOYMENT_OVERLAP_SECONDS: '0',
        RAILWAY_RUN_UID: '0',
        RELEASE: { type: 'preserve' },
        API_KEYS: { type: 'preserve' },
      },
    });
  });

  it('grants the grace that the kit was told, and the domain the port of the kit', () => {
    const settings = { STOP_GRACE_MS: '45500', PORT: '9090' };
    const text = rendered({ settings, domain: 'chat.example.org', region: 'europe-west4-drams3a' });
    assert.match(text, /RAILWAY_DEPLOYMENT_DRAINING_SECONDS: '46'/);
    assert.match(text, /domains: \[\{ domain: 'chat\.example\.org', port: 9090 \}\]/);
    assert.match(text, /replicas: \{ 'europe-west4-drams3a': 1 \}/);
    assert.match(text, /region: 'europe-west4-drams3a', sizeMB: 5000/);
  });

  it('says that it is experimental and what it stands for', () => {
    assert.match(
      rendered().replaceAll('\n// ', ' '),
      /experimental.*railway\.toml, which are read only until 2026-12-01/,
    );
  });
});
