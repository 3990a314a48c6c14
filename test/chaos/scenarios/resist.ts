import type { Scenario } from '../scenario.ts';
import { VICTIMS } from '../victims.ts';
import { killAll, missedKills } from './kills.ts';

/**
 * The page gives messages ids of its own, whatever it is asked for: what went out is known by its text alone. When the
 * supervisor is killed the stand-in forgets that it resists: as WhatsApp Web may change from one load to the next.
 */
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
    trouble: (world) => killAll(world, VICTIMS, world.options.kills),
    missed: (world) => missedKills(world, VICTIMS, world.options.kills),
  };
}
