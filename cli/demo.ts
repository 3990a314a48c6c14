import { loadOrExit } from '../services/runtime/load-or-exit.ts';
import { runSupervisor } from '../services/supervisor/main.ts';
import type { Command } from './arguments.ts';
import { firstMessage } from './first-message.ts';
import { publicOrigin } from './start.ts';

/** `gatehouse demo`: the whole kit on the sandbox, whose phone links itself, and a first message there and back. */
export async function demo({ settings }: Command): Promise<void> {
  const wish = { ...settings, WHATSAPP: 'sandbox' };
  const given = loadOrExit(wish);
  const loaded =
    given.resolved.get('sandbox.autoLink')?.variable === undefined
      ? loadOrExit({ ...wish, SANDBOX_AUTO_LINK: 'true' })
      : given;
  await runSupervisor(loaded, ({ config }, say) => {
    firstMessage(publicOrigin(config), config.apiKeys[0], config.sandbox.autoLink, say).catch(
      (error: unknown) =>
        say(
          `\n  The first message did not get through: ${error instanceof Error ? error.message : error}\n  The log above says why; the kit stays up.\n\n`,
        ),
    );
  });
}
