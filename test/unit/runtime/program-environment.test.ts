import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { sensitiveVariables } from '#config';
import { launchOptions } from '../../../services/bridge/session/browser-launch.ts';
import {
  programEnvironment,
  toolEnvironment,
} from '../../../services/runtime/process/program-environment.ts';
import { ROOT } from '../../../services/runtime/root-folder.ts';
import { LIMITS } from '../../support/bridge/limits.ts';

/** A secret is under a name of the kit, or under one that the kit cannot know. */
const SECRET = Object.fromEntries(
  [
    ...sensitiveVariables(),
    'AWS_SECRET_ACCESS_KEY',
    'PGPASSWORD',
    'NODE_OPTIONS',
    'LD_PRELOAD',
    'MY_TOKEN',
  ].map((name) => [name, `secret of ${name}`]),
);
const NEEDED = {
  PATH: '/usr/bin',
  HOME: '/home/node',
  LC_ALL: 'C.UTF-8',
  XDG_RUNTIME_DIR: '/run/user/1000',
  FONTCONFIG_PATH: '/etc/fonts',
  https_proxy: 'http://proxy:3128',
  NO_PROXY: 'localhost',
  SSL_CERT_FILE: '/etc/ssl/ca.pem',
  CHROME_DEVEL_SANDBOX: '/opt/sandbox',
  GATEHOUSE_RUN: 'a-run',
  GATEHOUSE_SPAWN: 'a-spawn',
};

describe('environment of a program that is no service', () => {
  it('has what the program needs, the marks of the kit, and nothing else', () => {
    assert.deepEqual(programEnvironment({ ...SECRET, ...NEEDED, DISPLAY: undefined }), NEEDED);
  });

  it('has all but the secrets of the kit for a tool of the operator, which has credentials of its own', () => {
    const given = { FLY_API_TOKEN: 'of-fly', DOCKER_HOST: 'ssh://there', PATH: '/usr/bin' };
    const own = Object.fromEntries([...sensitiveVariables()].map((name) => [name, 'secret']));
    assert.deepEqual(toolEnvironment({ ...given, ...own }), given);
  });
});

describe('processes that the kit starts', () => {
  const files = globSync('{services,nginx,operate,deploy,cli,config}/**/*.ts', { cwd: ROOT }).filter((path) =>
    readFileSync(`${ROOT}/${path}`, 'utf8').includes("from 'node:child_process'"),
  );

  it('keep the secrets of the kit from the browser', () => {
    process.env.INTERNAL_SECRET = 'a-secret-of-this-test';
    try {
      const { env = {} } = launchOptions({
        browserPath: '/usr/bin/chromium',
        profileDir: '/nowhere',
        headless: true,
        userAgent: '',
        sandbox: true,
        limits: LIMITS,
      });
      assert.equal(env.PATH, process.env.PATH);
      assert.ok(!Object.values(env).includes('a-secret-of-this-test'));
    } finally {
      delete process.env.INTERNAL_SECRET;
    }
  });

  for (const path of files)
    it(`have an environment that is chosen: ${path}`, () => {
      const text = readFileSync(`${ROOT}/${path}`, 'utf8');
      const starts = /import \{[^}]*\b(?:spawn|execFile|fork|exec)/.test(text);
      const chosen = text.match(/\benv: (?:programEnvironment|ENVIRONMENT|\{)/g) ?? [];
      const calls = text.match(/(?<![.\w])(?:spawn|spawnSync|execFileSync|fork)\(/g) ?? [];
      if (starts) assert.ok(chosen.length >= Math.max(1, calls.length));
    });
});
