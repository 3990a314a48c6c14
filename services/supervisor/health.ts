import { probe } from './probe.ts';
import type { Service, ServiceState } from './service.ts';

/** What `GET /health` says: fit for strangers, so no port, path or pid. */
export interface Health {
  /** `ok`: all is ready. `degraded`: messages are taken, but something is amiss. `unavailable`: the api is not ready. */
  readonly status: 'ok' | 'degraded' | 'unavailable';
  readonly whatsapp_ready: boolean;
  readonly whatsapp: { readonly state: string; readonly since?: string };
  readonly services: Readonly<Record<string, ServiceHealth>>;
  readonly uptime_s: number;
}

interface ServiceHealth {
  readonly state: ServiceState;
  readonly since: string;
  readonly restarts: number;
  readonly reason?: string;
}

const BRIDGE_ANSWERS_WITHIN_MS = 1_000;

/** The health tree of the kit, asked at this moment. */
export async function readHealth(services: readonly Service[]): Promise<Health> {
  const whatsapp = await readWhatsApp(services.find(({ name }) => name === 'bridge'));
  const apiReady = services.some(({ name, state }) => name === 'api' && state === 'ready');
  const allReady = services.every(({ state }) => state === 'ready');
  return {
    status: !apiReady ? 'unavailable' : allReady && whatsapp.ready ? 'ok' : 'degraded',
    whatsapp_ready: whatsapp.ready,
    whatsapp: { state: whatsapp.state, ...(whatsapp.since === undefined ? {} : { since: whatsapp.since }) },
    services: Object.fromEntries(services.map((service) => [service.name, describe(service)])),
    uptime_s: Math.round(process.uptime()),
  };
}

function describe({ state, since, restarts, reason }: Service): ServiceHealth {
  return { state, since: since.toISOString(), restarts, ...(reason === undefined ? {} : { reason }) };
}

async function readWhatsApp(
  bridge: Service | undefined,
): Promise<{ ready: boolean; state: string; since?: string }> {
  if (bridge?.state !== 'ready')
    return { ready: false, state: bridge === undefined ? 'absent' : `bridge ${bridge.state}` };
  const answer = await probe(bridge.plan.origin, bridge.plan.declaration.readyPath, BRIDGE_ANSWERS_WITHIN_MS);
  const said = parse(answer?.text);
  return {
    ready: said.whatsapp_ready === true,
    state: typeof said.state === 'string' ? said.state : 'bridge silent',
    ...(typeof said.since === 'string' ? { since: said.since } : {}),
  };
}

function parse(text = '{}'): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {}; // A bridge that answers no JSON counts as silent.
  }
}
