import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandOf, readProcess, signalProcess } from '../../services/runtime/process/process-table.ts';
import type { PostgresServer } from '../support/api/postgres-server.ts';
import { until } from '../support/until.ts';
import type { KitUnderFire } from './kit-under-fire.ts';

export const VICTIMS = ['gate', 'api', 'bridge', 'browser', 'renderer', 'supervisor'] as const;
export type Victim = (typeof VICTIMS)[number] | 'postgres';

const THERE_WITHIN_MS = 20_000;
const TRAFFIC_WITHIN_MS = 6_000;
const OF_THE_KIT = '"origin":"kit"';
const LOOK_MS = 2;

/** Kills it with SIGKILL; waits for it to be there first. Gives whether something was killed. */
export async function kill(
  victim: Victim,
  fire: KitUnderFire,
  postgres: PostgresServer | undefined,
  postgresAwayMs: number,
): Promise<boolean> {
  if (victim === 'supervisor') return fire.killSupervisor();
  if (victim === 'postgres') {
    await postgres?.kill();
    await sleep(postgresAwayMs);
    await postgres?.startAgain();
    return postgres !== undefined;
  }
  const pids = await until(
    `${victim} is there to be killed`,
    () => {
      const found = find(victim, fire);
      return found.length > 0 ? found : undefined;
    },
    { withinMs: THERE_WITHIN_MS },
  ).catch((): number[] => []);
  return pids.filter((pid) => signalProcess(pid, 'SIGKILL')).length > 0;
}

/** The processes of a victim that run now; of renderers there may be several. */
export function find(victim: Exclude<Victim, 'supervisor' | 'postgres'>, { kit }: KitUnderFire): number[] {
  if (victim === 'browser')
    return kit.processes.filter((pid) => {
      const command = commandOf(pid);
      return /--user-data-dir=/.test(command) && !/--type=/.test(command);
    });
  if (victim === 'renderer') return kit.processes.filter((pid) => /--type=renderer/.test(commandOf(pid)));
  const pid = kit.pidOf(victim);
  const row = readProcess(pid);
  return row === undefined || row.isZombie || !commandOf(pid).includes(`services/${victim}/`) ? [] : [pid];
}

/** Waits, not for ever, until the phone has taken in so many messages of the kit: its journal tells. */
export async function traffic(dataDir: string, messages = 1, withinMs = TRAFFIC_WITHIN_MS): Promise<void> {
  const path = join(dataDir, 'sandbox', 'phone.jsonl');
  let at = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  let left = messages;
  const until = performance.now() + withinMs;
  while (performance.now() < until) {
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    left -= size > at ? readPart(path, at, size - at).split(OF_THE_KIT).length - 1 : 0;
    if (left <= 0) return;
    at = size;
    await sleep(LOOK_MS);
  }
}

function readPart(path: string, at: number, bytes: number): string {
  const file = openSync(path, 'r');
  try {
    const part = Buffer.alloc(bytes);
    return part.toString('latin1', 0, readSync(file, part, 0, bytes, at));
  } finally {
    closeSync(file);
  }
}
