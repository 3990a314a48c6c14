import type { Kit } from '../support/kit/kit.ts';

/** Longer than RESTART_STABLE_MS of the kits that are measured: their services may end without a wait before the restart. */
const LIVED_MS = 500;

/** Waits until the end of the service is no quick failure. */
export async function untilLived(kit: Kit, service: string): Promise<void> {
  await kit.until(`${service} has lived for a while`, async () => {
    const { state, since } = (await kit.health()).services[service] ?? {};
    return state === 'ready' && since !== undefined && Date.now() - Date.parse(since) > LIVED_MS;
  });
}
