import { usableKeys } from '#config';
import { loadOrExit } from '../services/runtime/process/load-or-exit.ts';
import { runSupervisor } from '../services/supervisor/main.ts';
import type { Command } from './command.ts';
import { firstMessage } from './first-message.ts';
import { publicOrigin } from './start.ts';

/**
 * `gatehouse demo`: the whole kit on the sandbox, whose phone links itself, and a first message there and back.
 * With `--once` it then stops, and exits with 1 when the message did not get through.
 */
export async function demo({ settings, options }: Command): Promise<void> {
  const wish = { ...settings, WHATSAPP: 'sandbox' };
  const given = loadOrExit(wish);
  const loaded =
    given.resolved.get('sandbox.autoLink')?.variable === undefined
      ? loadOrExit({ ...wish, SANDBOX_AUTO_LINK: 'true' })
      : given;
  const isOnce = options.has('once');
  await runSupervisor(loaded, ({ config }, say, end) => {
    firstMessage(publicOrigin(config), usableKeys(config)[0], config.sandbox.autoLink, say).then(
      () => isOnce && end(0),
      (error: unknown) => {
        const next = isOnce ? '' : '\n  The log above says why; the kit stays up.\n';
        say(
          `\n  The first message did not get through: ${error instanceof Error ? error.message : error}${next}\n`,
        );
        if (isOnce) end(1);
      },
    );
  });
}
