import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';
import { traffic } from '../victims.ts';

const HOUR_MS = 3_600_000;
const SHIFTS_MS = [HOUR_MS, 0, -HOUR_MS, 0, HOUR_MS, -HOUR_MS, 0];

/** The clock of the kit's processes jumps an hour either way, in the midst of traffic; some of them die meanwhile. */
export function clock(dataDir: string): Scenario {
  const file = join(dataDir, 'clock');
  const set = (shiftMs: number) => {
    writeFileSync(`${file}.new`, String(shiftMs));
    renameSync(`${file}.new`, file);
  };
  set(0);
  const preload = new URL('../clock-shift.ts', import.meta.url).href;
  return {
    env: { CHAOS_CLOCK: file, NODE_OPTIONS: `--import ${preload}` },
    trouble: async (world) => {
      const { random, progress, diary } = world;
      for (const [index, shiftMs] of SHIFTS_MS.entries()) {
        await traffic(dataDir);
        set(shiftMs);
        progress.report('trouble', (index + 0.5) / SHIFTS_MS.length);
        diary.note(`the kit's clock is ${shiftMs / HOUR_MS} h off`);
        await sleep(random.whole(500, 2_500));
        if (random.chance(0.5)) await world.kill(random.pick(['api', 'bridge', 'browser']));
        await sleep(random.whole(500, 1_500));
        progress.report('trouble', (index + 1) / SHIFTS_MS.length);
        await progress.waitFor('writing', (index + 1) / SHIFTS_MS.length);
      }
    },
    missed: ({ diary }) => {
      const log = readFileSync(diary.kitLog, 'utf8');
      const times = [...log.matchAll(/"time":"([^"]+)"/g)].map(([, at = '']) => Date.parse(at));
      const jumps = times.filter((at, index) => Math.abs(at - (times[index - 1] ?? at)) > HOUR_MS / 2).length;
      return jumps >= SHIFTS_MS.length - 1 ? [] : [`the log shows ${jumps} jumps of the clock`];
    },
  };
}
