import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario, World } from '../scenario.ts';
import { traffic, VICTIMS, type Victim } from '../victims.ts';

const MOST_PAUSE_MS = 5_000;
/** Part of the kills that come as soon as some messages have got through, at most this part of all. */
const IN_TRAFFIC = 0.65;
const MOST_MESSAGES = 1 / 16;
const MOST_AFTER_TRAFFIC_MS = 30;
const KILL_TRIES = 3;
/** Part of the kills that come together with the one before. */
const AT_ONCE = 0.1;

/** SIGKILL for every part of the kit in turn, most of the time in the midst of traffic. */
export function kills(): Scenario {
  return {
    trouble: (world) =>
      killAll(world, world.postgres === undefined ? VICTIMS : [...VICTIMS, 'postgres'], world.options.kills),
    missed: (world) => missedKills(world, VICTIMS, world.options.kills),
  };
}

/** `trafficMs`: how long a kill waits for messages to get through. */
export async function killAll(
  world: World,
  victims: readonly Victim[],
  count: number,
  trafficMs?: number,
): Promise<void> {
  const { random, progress, fire, options } = world;
  const list: Victim[] = [];
  while (list.length < count) list.push(...random.shuffled(victims));
  for (const [index, victim] of list.slice(0, count).entries()) {
    const how = random.next();
    if (how < IN_TRAFFIC) {
      await traffic(fire.dataDir, random.whole(1, Math.ceil(options.messages * MOST_MESSAGES)), trafficMs);
      await sleep(random.whole(0, MOST_AFTER_TRAFFIC_MS));
    } else if (how < 1 - AT_ONCE) await sleep(random.whole(100, MOST_PAUSE_MS));
    // What was just down by itself is met a moment later.
    for (let tries = 1; !(await world.kill(victim)) && tries < KILL_TRIES; tries += 1)
      await sleep(MOST_PAUSE_MS);
    progress.report('trouble', (index + 1) / count);
    await progress.waitFor('writing', (index + 1) / count);
  }
}

export function missedKills({ killed }: World, victims: readonly Victim[], count: number): string[] {
  const total = [...killed.values()].reduce((sum, times) => sum + times, 0);
  return [
    ...(total < count ? [`only ${total} of ${count} kills hit something`] : []),
    ...victims
      .filter((victim) => count >= victims.length && !killed.has(victim))
      .map((victim) => `${victim} was never killed`),
  ];
}
