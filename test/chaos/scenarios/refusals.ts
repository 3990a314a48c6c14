import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';
import { traffic } from '../victims.ts';

const TIMES = 4;

/** WhatsApp's server refuses messages for good now and then; the bridge or its browser dies meanwhile. */
export function refusals(): Scenario {
  return {
    trouble: async (world) => {
      const { random, progress, diary } = world;
      for (let time = 1; time <= TIMES; time += 1) {
        await traffic(world.fire.dataDir);
        await world.phone('misbehave', { kind: 'policy', mode: 'fail-result' });
        diary.note('the server refuses messages');
        progress.report('trouble', (time - 0.5) / TIMES);
        await sleep(random.whole(150, 700));
        if (time % 2 === 0) await world.kill(random.pick(['api', 'bridge', 'browser']));
        await world.phone('misbehave', { kind: 'policy', mode: 'ok' });
        diary.note('the server accepts messages');
        progress.report('trouble', time / TIMES);
        await progress.waitFor('writing', time / TIMES);
      }
    },
    missed: ({ fire }) =>
      readFileSync(join(fire.dataDir, 'sandbox', 'phone.jsonl'), 'utf8').includes('"kind":"refused"')
        ? []
        : ['the server has refused no message'],
  };
}
