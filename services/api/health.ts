import type { RequestHandler } from 'express';
import { type BridgeHealth, bridgeHealthSchema } from '../contract/bridge.ts';
import { exchange, type Origin } from '../runtime/http/internal-call.ts';
import type { Store } from './store/store.ts';

const BRIDGE_ANSWERS_WITHIN_MS = 1_000;
const startedAt = new Date().toISOString();

/**
 * `GET /health` where no supervisor runs: 200, since this api answers, whatever WhatsApp's state, with what it knows of
 * itself and finds at the bridge. Of the shape of the supervisor's health tree, without restarts, which it cannot count;
 * fit for strangers, so no host, path or address.
 */
export function answerHealth(
  bridge: Origin,
  store: Pick<Store, 'status'>,
  heldMessages: () => number,
): RequestHandler {
  return async (_request, response) => {
    const found = await askBridge(bridge);
    const whatsappReady = found?.whatsapp_ready === true;
    const held = heldMessages();
    const isOk = whatsappReady && store.status.state === 'ok' && held === 0;
    response.set('cache-control', 'no-store').json({
      status: isOk ? 'ok' : 'degraded',
      whatsapp_ready: whatsappReady,
      whatsapp: found === undefined ? { state: 'bridge unreachable' } : whatsAppOf(found),
      storage: { state: store.status.state, since: store.status.since },
      ...(held === 0 ? {} : { held_messages: held }),
      services: {
        api: { state: 'ready', since: startedAt },
        bridge: { state: found === undefined ? 'unreachable' : 'ready' },
      },
      uptime_s: Math.round(process.uptime()),
    });
  };
}

/** The bridge's own account, on its one route that wants no secret; undefined when none came in time. */
async function askBridge(bridge: Origin): Promise<BridgeHealth | undefined> {
  try {
    const { host, port } = bridge;
    const { text } = await exchange({ host, port, path: '/health', agent: false }, BRIDGE_ANSWERS_WITHIN_MS);
    return bridgeHealthSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // Away, silent, or no bridge at all: the answer says so.
  }
}

function whatsAppOf({ state, since, public_reason: reason, compat }: BridgeHealth): object {
  const broken = compat?.broken ?? [];
  return {
    state,
    since,
    ...(reason === undefined ? {} : { reason }),
    ...(broken.length === 0 ? {} : { broken }),
  };
}
