import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../support/until.ts';
import type { Scenario, World } from '../scenario.ts';
import { find } from '../victims.ts';

const HALF_WITHIN_MS = 120_000;

/** No bridge for the whole writing phase: at first it is in a crash loop and given up, then it has no browser. */
export function bridgeDown(): Scenario {
  return {
    begin: crashLoop,
    trouble: async (world) => {
      const { progress, fire, diary } = world;
      await world.during('bridge failed', async () => {
        progress.report('trouble', 0.5);
        await progress.reached('writing', 0.5, HALF_WITHIN_MS);
      });
      const mend = breakBrowser(fire.dataDir);
      try {
        diary.note('the bridge is started again, but its browser is broken');
        fire.kit.child.kill('SIGHUP');
        await fire.kit.until('the bridge runs', async () => (await bridgeState(world)) === 'ready');
        await world.during('bridge without a browser', async () => {
          progress.report('trouble', 1);
          await progress.reached('writing', 1, HALF_WITHIN_MS);
        });
      } finally {
        mend();
        diary.note('the browser is mended');
      }
    },
    missed: ({ writers }) => {
      const others = writers.accepted.filter(({ httpStatus }) => httpStatus !== 202).length;
      return others === 0 ? [] : [`${others} sends were not answered by 202 although there was no bridge`];
    },
  };
}

/** Kills each bridge as it starts, until the supervisor gives it up. */
async function crashLoop(world: World): Promise<void> {
  await until(
    'the bridge counts as failed',
    async () => {
      if ((await bridgeState(world)) === 'failed') return true;
      if (find('bridge', world.fire).length > 0) await world.kill('bridge');
      return false;
    },
    { withinMs: 60_000 },
  );
  world.diary.note('the bridge is in a crash loop and given up');
}

async function bridgeState({ fire }: World): Promise<string | undefined> {
  return (await fire.kit.health()).services.bridge?.state;
}

/** Puts a program that fails in place of the browser; gives the way back. */
function breakBrowser(dataDir: string): () => void {
  const path = join(dataDir, 'sandbox', 'browser');
  const whole = readFileSync(path);
  replace(path, '#!/bin/sh\nexit 1\n');
  return () => replace(path, whole);
}

function replace(path: string, text: string | Buffer): void {
  writeFileSync(`${path}.new`, text, { mode: 0o755 });
  renameSync(`${path}.new`, path);
}
