import { setTimeout as sleep } from 'node:timers/promises';
import { missedAnswer, type Scenario } from '../scenario.ts';
import { traffic } from '../victims.ts';

const TIMES = 6;

/** WhatsApp cannot be reached, and comes back, several times; now and then the bridge or its browser dies meanwhile. */
export function offline(): Scenario {
  return goesOffline();
}

/** The same on this page, right after messages have left it. */
export function offlineInTraffic(page: string): Scenario {
  return goesOffline(page);
}

function goesOffline(page?: string): Scenario {
  return {
    ...(page === undefined ? {} : { page }),
    trouble: async (world) => {
      const { random, progress, diary, fire } = world;
      for (let time = 1; time <= TIMES; time += 1) {
        if (page !== undefined) await traffic(fire.dataDir);
        progress.report('trouble', (time - 0.5) / TIMES);
        await world.during('offline', async () => {
          diary.note('WhatsApp goes offline');
          await world.phone('misbehave', { kind: 'offline' });
          await sleep(random.whole(800, 4_000));
          if (time % 3 === 0) await world.kill(random.pick(['bridge', 'browser', 'renderer']));
          await sleep(random.whole(0, 1_500));
          await world.phone('misbehave', { kind: 'online' });
          diary.note('WhatsApp is back');
        });
        progress.report('trouble', time / TIMES);
        await progress.waitFor('writing', time / TIMES);
        await sleep(random.whole(300, 2_000));
      }
    },
    missed: (world) => missedAnswer(world, 'offline', '202'),
  };
}
