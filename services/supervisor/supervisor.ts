import { randomBytes, randomUUID } from 'node:crypto';
import { type Config, isOn, type Loaded } from '#config';
import { closeServer } from '../runtime/listen.ts';
import type { Log } from '../runtime/log.ts';
import { startControlServer } from './control-server.ts';
import { postGuard } from './guard.ts';
import { endLeftovers, lockInstance, RUN_VARIABLE } from './instance-lock.ts';
import type { LogStream } from './log-stream.ts';
import { planServices } from './plan.ts';
import { moveIfTaken } from './port-moves.ts';
import { portWishes, settlePorts } from './ports.ts';
import { Service } from './service.ts';

/** What a service is left of the drain budget at least, unless the topology says more. */
const LEAST_STOP_MS = 500;

export interface Supervisor {
  /** The configuration with the ports as they were settled. */
  readonly config: Config;
  readonly services: readonly Service[];
  /** Settles when every service has been ready. */
  readonly allReady: Promise<unknown>;
  /** Drains in the order of the topology. Gives whether all ended in order and in time. Calling it again changes nothing. */
  stop(): Promise<boolean>;
  /** Tries again what a crash loop has ended. */
  revive(): void;
}

export interface SupervisorOptions {
  readonly loaded: Loaded;
  readonly log: Log;
  readonly logStream: LogStream;
  /** A service without which the kit is of no use is in a crash loop. */
  readonly onCriticalFailure: (service: string) => void;
}

/** Starts every service of the topology and keeps it running. */
export async function startSupervisor({
  loaded,
  log,
  logStream,
  onCriticalFailure,
}: SupervisorOptions): Promise<Supervisor> {
  const run = randomUUID();
  log.debug({ run }, `every process of this run carries ${RUN_VARIABLE}=${run}`);
  const unlock = await lockInstance(loaded.config.dataDir, run, log);
  let config = await settleConfig(loaded, log).catch((error: unknown) => {
    unlock();
    throw error;
  });
  let stopped: Promise<boolean> | undefined;
  const hooks = {
    onOutput: logStream.take.bind(logStream),
    onOutputEnd: logStream.end.bind(logStream),
    onFailed: ({ name, plan }: Service) => {
      if (plan.declaration.critical) onCriticalFailure(name);
    },
    beforeRetry: async (service: Service) => {
      config = await moveIfTaken(config, service, { services, isSet: isSetBy(loaded), run, log });
    },
    isKitStopping: () => stopped !== undefined,
    log,
  };
  const services: readonly Service[] = planServices(config, run).map((plan) => new Service(plan, hooks));
  const control = await startControlServer({
    host: config.internal.host,
    port: config.ports.supervisor,
    secret: config.internal.secret,
    services,
  }).catch((error: unknown) => {
    unlock();
    throw error;
  });
  const dismissGuard = postGuard(run, log);
  for (const service of services) void startInOrder(service, services);

  const stop = async () => {
    for (const service of services) service.announceStop();
    const inOrder = await stopInOrder(services, config.stop.drainMs);
    await closeServer(control, LEAST_STOP_MS);
    const left = await endLeftovers(run, 'that had outlived their service', log);
    dismissGuard();
    unlock();
    return inOrder && left === 0;
  };
  return {
    get config() {
      return config;
    },
    services,
    allReady: Promise.all(services.map(({ firstReady }) => firstReady)),
    stop: () => (stopped ??= stop()),
    revive: () => {
      for (const service of services) service.revive();
    },
  };
}

/** The configuration with a boot secret and with ports that are free. */
async function settleConfig({ config, resolved }: Loaded, log: Log): Promise<Config> {
  const ports = await settlePorts(
    portWishes(config, (name) => isOn(name, config), isSetBy({ resolved })),
    log,
  );
  return {
    ...config,
    ports: { ...config.ports, ...Object.fromEntries(ports) },
    internal: { ...config.internal, secret: config.internal.secret || randomBytes(32).toString('hex') },
  };
}

/** Whether somebody chose a setting, rather than a default. */
function isSetBy({ resolved }: Pick<Loaded, 'resolved'>): (path: string) => boolean {
  return (path) => resolved.get(path)?.variable !== undefined;
}

async function startInOrder(service: Service, services: readonly Service[]): Promise<void> {
  const { needs } = service.plan.declaration;
  await Promise.all(services.filter(({ name }) => needs.includes(name)).map(({ firstReady }) => firstReady));
  service.start();
}

/** One after the other, in the order of the topology; each leaves the later ones what they need at least. */
async function stopInOrder(services: readonly Service[], budgetMs: number): Promise<boolean> {
  const until = performance.now() + budgetMs;
  const leastOf = ({ plan }: Service) => plan.declaration.leastStopMs ?? LEAST_STOP_MS;
  const needed = services.reduce((sum, service) => sum + leastOf(service), 0);
  const scale = Math.min(1, budgetMs / needed);
  let inOrder = true;
  for (const [index, service] of services.entries()) {
    const reserved = services.slice(index + 1).reduce((sum, later) => sum + leastOf(later) * scale, 0);
    const left = Math.round(Math.max(leastOf(service) * scale, until - performance.now() - reserved));
    inOrder = (await service.stop(Math.min(left, service.plan.declaration.stopGraceMs))) && inOrder;
  }
  return inOrder;
}
