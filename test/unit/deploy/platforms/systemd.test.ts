import assert from 'node:assert/strict';
import { deployment, topology } from '#config';
import { Refusal } from '../../../../deploy/platform.ts';
import { SECRET_STAND_IN } from '../../../../deploy/rendering/render-input.ts';
import { systemd } from '../../../../deploy/systemd/render.ts';
import { fileOf, filesOf, report, settle } from '../../../support/deploy/platforms/rendered-by.ts';

const UNIT = fileOf(filesOf(systemd), '@.service');

/** `Environment=` as systemd reads it: quotes and backslashes undone, `%i` filled in. */
function environmentOf(unit: string): Record<string, string> {
  return Object.fromEntries(
    [...unit.matchAll(/^Environment="(.*)"$/gm)].map(([, word = '']) => {
      const text = word
        .replace(/\\(.)/g, '$1')
        .replace(/%(.)/g, (_all, letter) => (letter === 'i' ? 'r1' : letter));
      return [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)];
    }),
  );
}

const settingIn = (unit: string, key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(unit)?.[1];

describe('unit of systemd, as the declarations make it', () => {
  it('says from what it was made, and holds no secret', () => {
    assert.match(UNIT, /^# Made by make render/);
    assert.ok(!UNIT.includes(SECRET_STAND_IN));
  });

  it('settles to a good configuration, and is killed only after the kit has had its own time', () => {
    const { PATH: _path, ...variables } = environmentOf(UNIT);
    const { config } = settle(variables);
    assert.equal(config.dataDir, '/var/lib/gatehouse');
    assert.ok(config.stop.drainMs < config.stop.graceMs);
    assert.ok(Number(settingIn(UNIT, 'TimeoutStopSec')) * 1_000 > config.stop.graceMs);
  });

  it('gives each release its own code and Node, and all of them one data folder', () => {
    assert.equal(settingIn(UNIT, 'WorkingDirectory'), '/opt/gatehouse/releases/%i');
    assert.match(environmentOf(UNIT).PATH ?? '', /^\/opt\/gatehouse\/releases\/r1\/node_modules\/\.bin:/);
    assert.equal(environmentOf(UNIT).RELEASE, 'r1');
    assert.equal(settingIn(UNIT, 'StateDirectory'), 'gatehouse');
  });

  it('does not start a wrong configuration again and again, but whatever else has failed', () => {
    assert.equal(settingIn(UNIT, 'Restart'), 'on-failure');
    assert.equal(settingIn(UNIT, 'RestartPreventExitStatus'), '64 78');
  });

  it('hands the settings on as they are, whatever characters they have', () => {
    const settings = { GREETING: 'a "b" \\c $HOME %i 100%', LOG_LEVEL: 'debug' };
    const variables = environmentOf(fileOf(filesOf(systemd, { ...deployment, settings }), '@.service'));
    assert.equal(variables.GREETING, settings.GREETING);
    assert.equal(variables.LOG_LEVEL, 'debug');
  });

  it('runs a service of your own under the same supervisor, with nothing to add', () => {
    assert.equal(fileOf(filesOf(systemd, deployment, [...topology, report]), '@.service'), UNIT);
  });

  it('is refused when the bridge would be killed while its browser writes its profile', () => {
    const settings = { DRAIN_MS: '1000', STOP_GRACE_MS: '2000' };
    assert.throws(() => filesOf(systemd, { ...deployment, settings }), Refusal);
  });
});
