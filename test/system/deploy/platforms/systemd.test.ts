import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemd } from '../../../../deploy/systemd/render.ts';
import { fileOf, filesOf } from '../../../support/deploy/platforms/rendered-by.ts';
import { sayNotTested } from '../../../support/netns/say-what-lacks.ts';

/** Of 10; what remains is the network, /proc and user namespaces, which the kit and its browser need. */
const MOST_EXPOSED = 2.5;

const UNIT = fileOf(filesOf(systemd), '@.service');
const hasAnalyze = spawnSync('systemd-analyze', ['--version']).status === 0;
if (!hasAnalyze)
  describe('unit of systemd, as systemd reads it', () =>
    sayNotTested('the unit of systemd', 'systemd-analyze is missing (apt-get install systemd)'));
else
  describe('unit of systemd, as systemd reads it', () => {
    /** Analyzes units by their names, all in one run. */
    const analyze = (units: Readonly<Record<string, string>>, ...verb: string[]) => {
      const folder = mkdtempSync(join(tmpdir(), 'gatehouse-unit-'));
      const paths = Object.entries(units).map(([name, text]) => {
        const path = join(folder, `${name}@.service`);
        writeFileSync(path, text);
        return path;
      });
      const { status, stdout, stderr } = spawnSync('systemd-analyze', [...verb, ...paths], {
        encoding: 'utf8',
      });
      rmSync(folder, { recursive: true });
      return { status, stdout, said: stderr };
    };

    it('is verified without a warning, and a wrong key, value or system call is none', () => {
      const { status, said } = analyze({ gatehouse: UNIT }, 'verify');
      assert.deepEqual([status, said], [0, '']);
      const faults = [
        ['KillMode=mixed', 'KilMode=mixed', /Unknown key (name )?'KilMode'/],
        ['KillMode=mixed', 'KillMode=all', /Failed to parse kill mode/i],
        ['TimeoutStopSec=35', 'TimeoutStopSec=soon', /Failed to parse time value/],
        ['@system-service', '@system-servce', /Unknown system call group/],
      ] as const;
      const wrong = faults.map(([right, instead], index) => {
        assert.ok(UNIT.includes(right));
        return [`wrong${index}`, UNIT.replace(right, instead)];
      });
      const lines = analyze(Object.fromEntries(wrong), 'verify').said.split('\n');
      for (const [index, [, , about]] of faults.entries())
        assert.match(lines.filter((line) => line.includes(`wrong${index}@`)).join('\n'), about);
    });

    it(`exposes at most ${MOST_EXPOSED} of 10, and more without its hardening`, () => {
      const exposure = (unit: string) => {
        const { stdout } = analyze({ gatehouse: unit }, 'security', '--offline=true', '--no-pager');
        return Number(/Overall exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1]);
      };
      assert.ok(exposure(UNIT) <= MOST_EXPOSED, `${exposure(UNIT)}`);
      assert.ok(
        exposure(UNIT.replace(/^SystemCallFilter=.*$/m, '').replace(/^CapabilityBoundingSet=$/m, '')) >
          MOST_EXPOSED,
      );
    });
  });
