import type { Scenario } from '../scenario.ts';
import { VICTIMS } from '../victims.ts';
import { killAll, missedKills } from './kills.ts';

/** A restart of the stand-in, which goes with the supervisor, would forget that it resists. */
const PARTS = VICTIMS.filter((victim) => victim !== 'supervisor');

/** The page gives messages ids of its own, whatever it is asked for: what went out is known by its text alone. */
export function resist(): Scenario {
  return {
    begin: async (world) => {
      await world.phone('misbehave', { kind: 'settings', resist: true });
      // It applies from the next load of the page.
      await world.kill('browser');
      await world.fire.kit.until(
        'the page is gone',
        async () => (await world.fire.kit.health()).whatsapp_ready !== true,
      );
      await world.fire.kit.ready();
    },
    trouble: (world) => killAll(world, PARTS, world.options.kills),
    missed: (world) => missedKills(world, PARTS, world.options.kills),
  };
}
