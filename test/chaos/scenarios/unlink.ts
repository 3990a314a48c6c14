import { setTimeout as sleep } from 'node:timers/promises';
import { missedAnswer, type Scenario, type World } from '../scenario.ts';
import { traffic } from '../victims.ts';

const STEP_WITHIN_MS = 120_000;

/** The phone removes the kit in the midst of traffic and links it again later; the second time the bridge is down as well. */
export function unlink(): Scenario {
  return {
    trouble: async (world) => {
      const { progress } = world;
      for (const [time, isBridgeDown] of [false, true].entries()) {
        await progress.reached('writing', 0.15 + 0.4 * time, STEP_WITHIN_MS);
        await traffic(world.fire.dataDir);
        await world.during('unlinked', () => unlinkAndLink(world, isBridgeDown));
        progress.report('trouble', 0.5 * (time + 1));
      }
    },
    missed: (world) => missedAnswer(world, 'unlinked', '202'),
  };
}

async function unlinkAndLink(world: World, isBridgeDown: boolean): Promise<void> {
  const { progress, random, diary } = world;
  const half = progress.of('trouble') + 0.25;
  diary.note(`the phone unlinks the kit${isBridgeDown ? ', and the bridge dies' : ''}`);
  if (isBridgeDown) await world.kill('bridge');
  await world.phone('unlink');
  progress.report('trouble', half);
  await sleep(random.whole(1_000, 3_000));
  // Refused until the page shows a code.
  await world.phone('scan');
  diary.note('the phone has scanned the code');
}
