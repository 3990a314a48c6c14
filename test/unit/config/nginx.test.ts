import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, findNginx, loadConfig } from '#config';

describe('config, of GATE=nginx', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-nginx-path-'));
  const binary = join(folder, 'nginx');
  before(() => {
    writeFileSync(binary, '#!/bin/sh\n');
    chmodSync(binary, 0o755);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('finds the nginx that is configured, else one on the PATH', () => {
    assert.equal(findNginx(binary, ''), binary);
    assert.equal(findNginx('', folder), binary);
    assert.equal(findNginx(join(folder, 'other'), folder), undefined);
  });

  it('refuses to start without one, and says what to do', () => {
    const problems = (env: Record<string, string>) => {
      try {
        loadConfig({ env: { GATE: 'nginx', ...env }, folder: '/' });
        return [];
      } catch (error) {
        if (error instanceof ConfigError) return error.problems;
        throw error;
      }
    };
    assert.deepEqual(problems({ NGINX_PATH: binary }), []);
    assert.match(problems({ NGINX_PATH: '/nowhere/nginx' }).join('\n'), /NGINX_PATH.*no executable file/);
    assert.deepEqual(problems({ GATE: 'node', NGINX_PATH: '/nowhere/nginx' }), []);
  });
});
