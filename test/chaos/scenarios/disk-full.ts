import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { missedAnswer, type Scenario } from '../scenario.ts';
import { SmallDisk } from '../small-disk.ts';
import { traffic, type Victim } from '../victims.ts';

/** What dies while the disk is full, each time. */
const VICTIMS_MEANWHILE: readonly (Victim | undefined)[] = [undefined, 'api', 'bridge'];
/** A cluster without a row takes 40, and its log of transactions at least twice 16. */
const POSTGRES_MB = 160;

/** The disks of the store and of the spool fill up in the midst of traffic, and are freed, three times. */
export function diskFull(dataDir: string, database: string): Scenario {
  const disks = [SmallDisk.underStore(dataDir)];
  // Not in a folder of ours: the server may not run as root, and its user must reach it.
  const databaseFolder =
    database === 'postgres' ? mkdtempSync(join(tmpdir(), 'gatehouse-chaos-disk-')) : undefined;
  if (databaseFolder !== undefined) disks.push(new SmallDisk(databaseFolder, POSTGRES_MB));
  return {
    ...(databaseFolder === undefined ? {} : { databaseFolder }),
    trouble: async (world) => {
      const { random, progress, diary } = world;
      for (const [index, victim] of VICTIMS_MEANWHILE.entries()) {
        await traffic(dataDir);
        await world.during('disk full', async () => {
          for (const disk of disks) disk.fill();
          progress.report('trouble', (index + 0.5) / VICTIMS_MEANWHILE.length);
          diary.note('the disk is full');
          await sleep(random.whole(1_500, 4_000));
          if (victim !== undefined) await world.kill(victim);
          await sleep(random.whole(500, 2_000));
          for (const disk of disks) disk.free();
          diary.note('the disk is freed');
        });
        // A server that could not write its log of transactions has ended.
        await world.postgres?.startAgain();
        progress.report('trouble', (index + 1) / VICTIMS_MEANWHILE.length);
        await progress.waitFor('writing', (index + 1) / VICTIMS_MEANWHILE.length);
      }
    },
    missed: (world) => missedAnswer(world, 'disk full', '507'),
    [Symbol.asyncDispose]: async () => {
      for (const disk of disks) await disk[Symbol.asyncDispose]();
      if (databaseFolder !== undefined) rmSync(databaseFolder, { recursive: true });
    },
  };
}
