import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '#config';
import { compose } from '../../../../deploy/compose/render.ts';
import { heroku } from '../../../../deploy/heroku/render.ts';
import type { Platform } from '../../../../deploy/platform.ts';
import { makeKeyIfNone, readDeploySettings } from '../../../../deploy/shipping/settings.ts';

const KEY = 'k9f86d081884c7d659a2feaa0c55ad01';
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-settings-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Given {
  readonly file?: string;
  readonly env?: Record<string, string>;
  readonly commandLine?: Record<string, string>;
  readonly kept?: readonly string[];
}

function read(
  { file, env = {}, commandLine = {}, kept = [] }: Given,
  { facts }: Pick<Platform, 'facts'> = compose,
) {
  if (file !== undefined) writeFileSync(join(folder, '.env.deploy'), file);
  return readDeploySettings(facts, { commandLine, env, folder, kept });
}

describe('settings of a deploy', () => {
  it('come from the command line, then the environment, then .env.deploy', () => {
    const file = `API_KEYS=${KEY}\nLOG_LEVEL=error\nPORT=9001\nMAX_BODY_MB=7\n`;
    const { settings, secrets, config } = read({
      file,
      env: { PORT: '9002', LOG_LEVEL: 'warn' },
      commandLine: { PORT: '9003' },
    });
    assert.equal(settings.PORT, '9003');
    assert.equal(settings.LOG_LEVEL, 'warn');
    assert.equal(config.ports.gate, 9003);
    assert.deepEqual(secrets, { API_KEYS: KEY });
  });

  it('take of this machine only what is a setting, and not where it is or what runs here', () => {
    const env = { API_KEYS: KEY, HOME: '/root', DATA_DIR: '/mine', GATE_HOST: '127.0.0.1', RELEASE: 'mine' };
    const { settings, config } = read({ env });
    assert.deepEqual(settings, {});
    assert.equal(config.dataDir, '/data');
  });

  it('may not say what names the place, nor what the rendered files say otherwise', () => {
    for (const name of ['GATEHOUSE_PROFILE', 'DATA_DIR', 'GATE_HOST'])
      for (const given of [
        { file: `API_KEYS=${KEY}\n${name}=x\n` },
        { env: { API_KEYS: KEY }, commandLine: { [name]: 'x' } },
      ])
        assert.throws(
          () => read({ file: '', ...given }),
          new RegExp(`^ShipError: ${name} is the platform's to say`),
        );
    for (const given of [
      { file: `API_KEYS=${KEY}\nTAKE_OVER=false\n` },
      { file: '', env: { API_KEYS: KEY, TAKE_OVER: 'false' } },
    ])
      assert.throws(
        () => read(given),
        /TAKE_OVER is true in the rendered files: change config\/deployment.ts/,
      );
  });

  it('need no secret that the platform has, and replace it by one that is given', () => {
    assert.deepEqual(read({ kept: ['API_KEYS'] }).secrets, {});
    assert.deepEqual(read({ kept: ['API_KEYS'], file: `API_KEYS=${KEY}\n` }).secrets, { API_KEYS: KEY });
  });

  it('are refused all at once, with the secrets that are lacking, each once and by name', () => {
    assert.throws(
      () => read({ file: 'PORT=70000\nLOG_LEVEL=loud\n' }, heroku),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError);
        const names = error.problems.map((problem) => problem.split(' ')[0]);
        assert.deepEqual(names.toSorted(), ['API_KEYS', 'DATABASE_URL', 'LOG_LEVEL', 'PORT']);
        return true;
      },
    );
    assert.throws(() => read({ file: 'no assignment\n' }), ConfigError);
  });

  it('may choose the nginx of the image where this machine has none', () => {
    for (const given of [
      { commandLine: { GATE: 'nginx' } },
      { env: { API_KEYS: KEY, GATE: 'nginx', PATH: '' } },
      { file: `API_KEYS=${KEY}\nGATE=nginx\n` },
    ])
      assert.equal(read({ file: '', env: { API_KEYS: KEY }, ...given }).settings.GATE, 'nginx');
    assert.throws(() => read({ env: { API_KEYS: KEY }, commandLine: { GATE: 'apache' } }), ConfigError);
  });

  it('begin with a key where there is none, for the owner alone, and keep one that is there', () => {
    writeFileSync(join(folder, '.env.deploy'), 'PORT=9000');
    assert.equal(makeKeyIfNone(folder, { API_KEYS: KEY }), false);
    assert.equal(makeKeyIfNone(folder, {}), true);
    assert.match(readFileSync(join(folder, '.env.deploy'), 'utf8'), /^PORT=9000\nAPI_KEYS=[0-9a-f]{48}\n$/);
    assert.equal(statSync(join(folder, '.env.deploy')).mode & 0o777, 0o600);
    assert.equal(makeKeyIfNone(folder, {}), false);
    assert.equal(read({}).settings.PORT, '9000');
  });
});
