import type { RequestHandler } from 'express';
import { type BridgeHealth, bridgeHealthSchema } from '../contract/bridge.ts';
import { ACCOUNT_CHANGED_IN_PUBLIC } from '../contract/internal.ts';
import { exchange, type Origin } from '../runtime/http/internal-call.ts';
import { HEALTH_KEPT_MS, keepLook } from '../runtime/kept-look.ts';
import type { Dispatcher } from './outbox/dispatcher.ts';
import type { Store } from './store/store.ts';

/** What the outbox knows of what holds messages back. */
export type HealthFacts = Pick<Dispatcher, 'held' | 'isAccountChanged'>;

const BRIDGE_ANSWERS_WITHIN_MS = 1_000;
const startedAt = new Date().toISOString();

/**
 * `GET /health` where no supervisor runs: 200, since this api answers, whatever WhatsApp's state, with what it knows of
 * itself and finds at the bridge. Of the shape of the supervisor's health tree, without restarts, which it cannot count;
 * fit for strangers, so no host, path or address. However often
 * it is asked, it asks the bridge every HEALTH_KEPT_MS at most.
 */
export function answerHealth(
  bridge: Origin,
  store: Pick<Store, 'status'>,
  dispatcher: HealthFacts,
): RequestHandler {
  const findHealth = keepLook(async () => JSON.stringify(await readHealth(bridge, store, dispatcher)), {
    keptMs: HEALTH_KEPT_MS,
    stamp: () => `${store.status.state} ${dispatcher.held === 0} ${dispatcher.isAccountChanged}`,
  });
  return async (_request, response) => {
    const text = await findHealth();
    response.set('cache-control', 'no-store').type('json').send(text);
  };
}

async function readHealth(
  bridge: Origin,
  store: Pick<Store, 'status'>,
  dispatcher: HealthFacts,
): Promise<object> {
  const found = await askBridge(bridge);
  const isChanged = found?.whatsapp_ready === true && dispatcher.isAccountChanged;
  const whatsappReady = found?.whatsapp_ready === true && !isChanged;
  const { held } = dispatcher;
  const isOk = whatsappReady && store.status.state === 'ok' && held === 0;
  return {
    status: isOk ? 'ok' : 'degraded',
    whatsapp_ready: whatsappReady,
    whatsapp: found === undefined ? { state: 'bridge unreachable' } : whatsAppOf(found, isChanged),
    storage: { state: store.status.state, since: store.status.since },
    ...(held === 0 ? {} : { held_messages: held }),
    services: {
      api: { state: 'ready', since: startedAt },
      bridge: { state: found === undefined ? 'unreachable' : 'ready' },
    },
    uptime_s: Math.round(process.uptime()),
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

function whatsAppOf({ since, compat, ...found }: BridgeHealth, isAccountChanged: boolean): object {
  const broken = compat?.broken ?? [];
  const { state, reason } = isAccountChanged
    ? { state: 'account_changed', reason: ACCOUNT_CHANGED_IN_PUBLIC }
    : { state: found.state, reason: found.public_reason };
  return {
    state,
    since,
    ...(reason === undefined ? {} : { reason }),
    ...(broken.length === 0 ? {} : { broken }),
  };
}
