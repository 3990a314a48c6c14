import type { ScenarioMaker } from './scenario.ts';
import { bridgeDown } from './scenarios/bridge-down.ts';
import { clock } from './scenarios/clock.ts';
import { diskFull } from './scenarios/disk-full.ts';
import { harderPages } from './scenarios/harder-pages.ts';
import { kills } from './scenarios/kills.ts';
import { lidsMidRun } from './scenarios/lids-mid-run.ts';
import { offline } from './scenarios/offline.ts';
import { refusals } from './scenarios/refusals.ts';
import { relink } from './scenarios/relink.ts';
import { resist } from './scenarios/resist.ts';
import { unlink } from './scenarios/unlink.ts';

export const scenarios = {
  kills,
  'bridge-down': bridgeDown,
  offline,
  unlink,
  'disk-full': diskFull,
  clock,
  resist,
  refusals,
  'lids-mid-run': lidsMidRun,
  relink,
  ...harderPages,
} as const satisfies Record<string, ScenarioMaker>;

export type ScenarioName = keyof typeof scenarios;

export function isScenario(name: string): name is ScenarioName {
  return Object.hasOwn(scenarios, name);
}
