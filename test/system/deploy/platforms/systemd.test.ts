import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deployment, topology } from '#config';
import { Refusal } from '../../../../deploy/platform.ts';
import { SECRET_STAND_IN } from '../../../../deploy/rendering/render-input.ts';
import { systemd } from '../../../../deploy/systemd/render.ts';
import { fileOf, filesOf, report, settle } from '../../../support/deploy/platforms/rendered-by.ts';
import { sayNotTested } from '../../../support/netns/say-what-lacks.ts';

/** Of 10; what remains is the network, /proc and user namespaces, which the kit and its browser need. */
const MOST_EXPOSED = 2.5;

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

const hasAnalyze = spawnSync('systemd-analyze', ['--version']).status === 0;
if (!hasAnalyze)
  describe('unit of systemd, as systemd reads it', () =>
    sayNotTested('the unit of systemd', 'systemd-analyze is missing (apt-get install systemd)'));
else
  describe('unit of systemd, as systemd reads it', () => {
    const analyze = (unit: string, ...verb: string[]) => {
      const folder = mkdtempSync(join(tmpdir(), 'gatehouse-unit-'));
      const path = join(folder, 'gatehouse@.service');
      writeFileSync(path, unit);
      const { status, stdout, stderr } = spawnSync('systemd-analyze', [...verb, path], { encoding: 'utf8' });
      rmSync(folder, { recursive: true });
      return { status, stdout, said: stderr };
    };

    it('is verified without a warning, and a wrong key, value or system call is none', () => {
      const { status, said } = analyze(UNIT, 'verify');
      assert.deepEqual([status, said], [0, '']);
      for (const [right, wrong, about] of [
        ['KillMode=mixed', 'KilMode=mixed', /Unknown key (name )?'KilMode'/],
        ['KillMode=mixed', 'KillMode=all', /Failed to parse kill mode/i],
        ['TimeoutStopSec=35', 'TimeoutStopSec=soon', /Failed to parse time value/],
        ['@system-service', '@system-servce', /Unknown system call group/],
      ] as const) {
        assert.ok(UNIT.includes(right));
        assert.match(analyze(UNIT.replace(right, wrong), 'verify').said, about);
      }
    });

    it(`exposes at most ${MOST_EXPOSED} of 10, and more without its hardening`, () => {
      const exposure = (unit: string) => {
        const { stdout } = analyze(unit, 'security', '--offline=true', '--no-pager');
        return Number(/Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1]);
      };
      assert.ok(exposure(UNIT) <= MOST_EXPOSED, `${exposure(UNIT)}`);
      assert.ok(
        exposure(UNIT.replace(/^SystemCallFilter=.*$/m, '').replace(/^CapabilityBoundingSet=$/m, '')) >
          MOST_EXPOSED,
      );
    });
  });
