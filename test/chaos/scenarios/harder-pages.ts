import { readFileSync } from 'node:fs';
import { until } from '../../support/until.ts';
import type { Scenario, ScenarioMaker, World } from '../scenario.ts';
import { VICTIMS, type Victim } from '../victims.ts';
import { killAll, missedKills } from './kills.ts';
import { offlineInTraffic } from './offline.ts';
import { secondDevice } from './second-device.ts';

/** A page of the sandbox that is harder than the usual one, and what else is different in such a run. */
interface Harder extends Pick<Scenario, 'page' | 'media'> {
  /** The parts that are killed; all of them when left out. */
  readonly victims?: readonly Victim[];
}

/** The parts whose end makes the page connect again. */
const OF_THE_PAGE = ['bridge', 'browser', 'renderer', 'supervisor'] as const;
/** The server answers late: most of the kills come before its ack. */
const PASSES_DUPLICATES = 'deliversDuplicates,serverAckMs=800';
const OFFLINE_DELIVERY_MS = 60_000;
/** A busy machine starts the kit again within this time, mostly: so its kills fall in traffic too. */
const PATIENCE_MS = 30_000;
const WAS_UP = /^(ready|degraded)$/;
const RELOAD_WITHIN_MS = 120_000;

/** Kills while the page, the account or the server is as hard on the kit as it may be. */
export const harderPages = {
  /** Half of the messages are media, and an upload takes its time. */
  'kills-media': () => killsOn({ page: '2026-09,uploadMs=200', media: 0.5 }),
  /** The account has been migrated: chats are known by LIDs. */
  'kills-lid': () => killsOn({ page: '2026-09,lidChats' }),
  /** The server passes a second stanza under one id on to the recipient. */
  'kills-duplicates': () => killsOn({ page: `2026-09,${PASSES_DUPLICATES}`, victims: OF_THE_PAGE }),
  /** As before, and no recipient is there to give a receipt. */
  'kills-duplicates-unread': () =>
    killsOn({ page: `2026-09,${PASSES_DUPLICATES},deviceAckMs=-1,readAckMs=-1`, victims: OF_THE_PAGE }),
  /** The connection is lost and comes back: the page itself sends again what the server has not answered. */
  'offline-duplicates': () => offlineInTraffic(`2026-09,${PASSES_DUPLICATES}`),
  'kills-slow-page': killsSlowPage,
  'kills-offline-delivery': killsOfflineDelivery,
  'second-device': secondDevice,
} as const satisfies Record<string, ScenarioMaker>;

export function isHarder(name: string): boolean {
  return Object.hasOwn(harderPages, name);
}

/** The page is busy after each connection, stores late, has no `Debug`, and reloads itself soon after it was linked. */
function killsSlowPage(): Scenario {
  const scenario = killsOn({ page: '2026-09,busyMs=500,storeMs=150,debugDelayMs=-1,pairReloadMs=12000' });
  const hasReloaded = ({ diary }: World) => reloadsIn(readFileSync(diary.kitLog, 'utf8')) > 0;
  return {
    ...scenario,
    trouble: async (world) => {
      // A page that is killed before does not reload itself.
      await until('the page has reloaded itself', () => hasReloaded(world), { withinMs: RELOAD_WITHIN_MS });
      await scenario.trouble(world);
    },
    missed: (world) => [
      ...scenario.missed(world),
      ...(hasReloaded(world) ? [] : ['the page has never reloaded itself']),
    ],
  };
}

/** Sends wait for a minute after each connection of the page. Each of its parts is killed once, mostly right after that. */
function killsOfflineDelivery(): Scenario {
  return {
    page: `2026-09,offlineDeliveryMs=${OFFLINE_DELIVERY_MS}`,
    patienceMs: 3 * OFFLINE_DELIVERY_MS,
    trouble: (world) => killAll(world, OF_THE_PAGE, OF_THE_PAGE.length, 1.5 * OFFLINE_DELIVERY_MS),
    missed: (world) => missedKills(world, OF_THE_PAGE, OF_THE_PAGE.length),
  };
}

function killsOn({ victims = VICTIMS, ...harder }: Harder): Scenario {
  return {
    patienceMs: PATIENCE_MS,
    ...harder,
    trouble: (world) => killAll(world, victims, world.options.kills, PATIENCE_MS),
    missed: (world) => missedKills(world, victims, world.options.kills),
  };
}

/** How often a page that was ready began to synchronize again, without another browser. */
function reloadsIn(log: string): number {
  const states = [...log.matchAll(/"msg":"session \w+ is (\w+)/g)].map(([, state]) => state);
  return states.filter((state, index) => state === 'syncing' && WAS_UP.test(states[index - 1] ?? '')).length;
}
