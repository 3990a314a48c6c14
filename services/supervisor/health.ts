import { type ServiceRole, serviceWithRole } from '#config';
import { ACCOUNT_CHANGED_IN_PUBLIC } from '../contract/internal.ts';
import { type Pressure, readPressures } from '../contract/pressure.ts';
import { probe } from './processes/probe.ts';
import type { Service, ServiceState } from './processes/service.ts';

/** What of a service its health is told from. */
export type WatchedService = Pick<
  Service,
  'name' | 'plan' | 'state' | 'since' | 'restarts' | 'reason' | 'nextTry' | 'pressure'
>;

/** What `GET /health` says: fit for strangers, so no port, path or pid. */
export interface Health {
  /** `ok`: all is ready. `degraded`: the api answers, but something is amiss. `unavailable`: the api is not ready. */
  readonly status: 'ok' | 'degraded' | 'unavailable';
  readonly whatsapp_ready: boolean;
  readonly whatsapp: {
    readonly state: string;
    readonly since?: string;
    readonly reason?: string;
    readonly broken?: readonly string[];
  };
  /** Messages that wait because the page of WhatsApp breaks their kind; absent when there is none. */
  readonly held_messages?: number;
  readonly storage: { readonly state: StorageState; readonly since?: string };
  readonly services: Readonly<Record<string, ServiceHealth>>;
  /** Resources that are near their limits, or for which something was refused in the last minute; absent without any. */
  readonly pressure?: readonly ServicePressure[];
  readonly release?: string;
  readonly uptime_s: number;
}

interface ServicePressure extends Pressure {
  readonly service: string;
}

/** `full`: nothing can be written. `unavailable`: the database, or the api itself, cannot be reached or used. */
type StorageState = 'ok' | 'full' | 'unavailable' | 'opening';

interface ServiceHealth {
  readonly state: ServiceState;
  readonly since: string;
  readonly restarts: number;
  readonly reason?: string;
  /** When it is started again, while it waits for that. */
  readonly next_try_at?: string;
}

const ANSWERS_WITHIN_MS = 1_000;
/** While another account is linked, nothing goes out: the session is not ready, whatever the bridge says. */
const ACCOUNT_CHANGED = { ready: false, state: 'account_changed', reason: ACCOUNT_CHANGED_IN_PUBLIC };

/** The health tree of the kit, asked at this moment. */
export async function readHealth(services: readonly WatchedService[], release = ''): Promise<Health> {
  const [session, { storage, held, isAccountChanged, pressure: ofApi }] = await Promise.all([
    readWhatsApp(find(services, 'whatsapp-session')),
    readApi(find(services, 'messages')),
  ]);
  const whatsapp = isAccountChanged && session.ready ? { ...session, ...ACCOUNT_CHANGED } : session;
  const apiReady = find(services, 'messages')?.state === 'ready';
  const pressure = [
    ...services.flatMap(({ name, pressure }) => pressure.map((each) => ({ service: name, ...each }))),
    ...ofApi.map((each) => ({ service: serviceWithRole('messages').name, ...each })),
  ];
  const allReady = services.every(({ state }) => state === 'ready');
  return {
    // A store that fails makes it degraded, not unavailable: platforms restart what answers 503, which would mend no
    // disk and no database, and take away what still works.
    status: !apiReady
      ? 'unavailable'
      : allReady && whatsapp.ready && storage.state === 'ok' && held === 0
        ? 'ok'
        : 'degraded',
    whatsapp_ready: whatsapp.ready,
    whatsapp: {
      state: whatsapp.state,
      ...sinceOf(whatsapp.since),
      ...(whatsapp.reason === undefined ? {} : { reason: whatsapp.reason }),
      ...brokenOf(whatsapp),
    },
    ...(held === 0 ? {} : { held_messages: held }),
    storage,
    services: Object.fromEntries(services.map((service) => [service.name, describe(service)])),
    ...(pressure.length === 0 ? {} : { pressure }),
    ...(release === '' ? {} : { release }),
    uptime_s: Math.round(process.uptime()),
  };
}

function find(services: readonly WatchedService[], role: ServiceRole): WatchedService | undefined {
  const { name } = serviceWithRole(role);
  return services.find((service) => service.name === name);
}

function describe({ state, since, restarts, reason, nextTry }: WatchedService): ServiceHealth {
  return {
    state,
    since: since.toISOString(),
    restarts,
    ...(reason === undefined ? {} : { reason }),
    ...(nextTry === undefined ? {} : { next_try_at: nextTry.toISOString() }),
  };
}

async function readWhatsApp(
  bridge: WatchedService | undefined,
): Promise<{ ready: boolean; state: string; since?: string; reason?: string; broken?: readonly string[] }> {
  if (bridge?.state !== 'ready')
    return { ready: false, state: bridge === undefined ? 'absent' : `${bridge.name} ${bridge.state}` };
  const said = await ask(bridge);
  return {
    ready: said.whatsapp_ready === true,
    state: typeof said.state === 'string' ? said.state : `${bridge.name} silent`,
    ...sinceOf(said.since),
    // Not `reason`, which may name paths.
    ...(typeof said.public_reason === 'string' ? { reason: said.public_reason } : {}),
    ...brokenOf(said.compat),
  };
}

/** The api also says why; strangers do not read it here, since it may name paths and addresses. */
async function readApi(api: WatchedService | undefined): Promise<{
  storage: Health['storage'];
  held: number;
  isAccountChanged: boolean;
  pressure: readonly Pressure[];
}> {
  const {
    storage,
    held_messages: held,
    account_changed,
    pressure,
  } = api?.state === 'ready' ? await ask(api) : {};
  return {
    storage: readStorage(storage),
    held: typeof held === 'number' ? held : 0,
    isAccountChanged: account_changed === true,
    pressure: readPressures(pressure),
  };
}

function readStorage(storage: unknown): Health['storage'] {
  const { state, since } = toRecord(storage);
  if (state !== 'ok' && state !== 'full' && state !== 'opening')
    return { state: 'unavailable', ...sinceOf(since) };
  return { state, ...sinceOf(since) };
}

/** The capabilities that the page breaks: names of the kit's own. */
function brokenOf(summary: unknown): { broken?: readonly string[] } {
  const { broken } = toRecord(summary);
  if (!Array.isArray(broken)) return {};
  const names = broken.filter((name) => typeof name === 'string');
  return names.length === 0 ? {} : { broken: names };
}

function sinceOf(since: unknown): { since?: string } {
  return typeof since === 'string' ? { since } : {};
}

async function ask({ plan }: WatchedService): Promise<Record<string, unknown>> {
  return parse((await probe(plan.origin, plan.declaration.readyPath, ANSWERS_WITHIN_MS))?.text);
}

function parse(text = '{}'): Record<string, unknown> {
  try {
    return toRecord(JSON.parse(text));
  } catch {
    return {}; // A service that answers no JSON counts as silent.
  }
}

function toRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
