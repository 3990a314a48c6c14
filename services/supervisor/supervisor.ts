import { randomBytes, randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { type Config, control, isOn, type Loaded, type PortName, serviceWithRole } from '#config';
import { errorText, KitError } from '../contract/errors.ts';
import { closeServer } from '../runtime/http/listen.ts';
import type { Log } from '../runtime/log.ts';
import { RUN_VARIABLE } from '../runtime/process/run-marks.ts';
import { startControlServer } from './control-server.ts';
import { awaitInstance, endLeftovers, lockInstance } from './instance/instance-lock.ts';
import { type StopGuard, startOrphanGuard } from './instance/orphan-guard.ts';
import { takeOverSecret } from './instance/take-over-secret.ts';
import { tightenModes } from './instance/tighten-modes.ts';
import type { LogStream } from './log/log-stream.ts';
import { assignPorts, portRequests } from './ports/assign-ports.ts';
import { adoptPorts, moveIfTaken } from './ports/move-ports.ts';
import { Service } from './processes/service.ts';
import { planServices } from './processes/service-plan.ts';
import { LEAST_STOP_MS, stopInOrder } from './processes/stop-order.ts';

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

/**
 * Starts every service of the topology and keeps it running. Where another kit has the data folder and this one is to
 * take over (TAKE_OVER), it stands by: its gate opens the port beside the other's, the rest follows when that one ends.
 */
export async function startSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  const { loaded, log } = options;
  const run = randomUUID();
  const { dataDir, takeOver } = loaded.config;
  log.debug({ run }, `every process of this run carries ${RUN_VARIABLE}=${run}`);
  const unlock = await lockInstance(dataDir, run, log).catch((error: unknown) => {
    if (takeOver && error instanceof KitError && error.code === 'already_running') return undefined;
    throw error;
  });
  if (unlock === undefined) {
    const kit = new Kit(options, run, withSecret(loaded.config));
    kit.standBy();
    return kit;
  }
  try {
    const kit = new Kit(options, run, await settle(withSecret(loaded.config), loaded, log));
    await kit.start(unlock);
    return kit;
  } catch (error) {
    unlock();
    throw error;
  }
}

class Kit implements Supervisor {
  config: Config;
  readonly services: readonly Service[];
  readonly allReady: Promise<unknown>;
  readonly #options: SupervisorOptions;
  readonly #run: string;
  readonly #isWanted = new AbortController();
  #unlock: () => void = () => undefined;
  #stopGuard: StopGuard;
  #control: Server | undefined;
  /** Settles when this kit has taken over, or will not any more. */
  #standsBy: Promise<void> = Promise.resolve();
  #stopped: Promise<boolean> | undefined;

  constructor(options: SupervisorOptions, run: string, config: Config) {
    const { log, logStream, loaded, onCriticalFailure } = options;
    this.#options = options;
    this.#run = run;
    this.config = config;
    const hooks = {
      onOutput: logStream.take.bind(logStream),
      onOutputEnd: logStream.end.bind(logStream),
      onFailed: ({ name, plan }: Service) => {
        if (plan.declaration.critical) onCriticalFailure(name);
      },
      beforeRetry: async (service: Service) => {
        const { services } = this;
        this.config = await moveIfTaken(this.config, service, { services, isSet: isSetBy(loaded), run, log });
      },
      isKitStopping: () => this.#stopped !== undefined,
      log,
    };
    this.services = planServices(config, run).map((plan) => new Service(plan, hooks));
    this.allReady = Promise.all(this.services.map(({ firstReady }) => firstReady));
    this.#stopGuard = startOrphanGuard(run, log);
  }

  /** With the data folder its own. */
  async start(unlock: () => void): Promise<void> {
    tightenModes(this.config, this.#options.log);
    const { host, secret } = this.config.internal;
    const { release, ports } = this.config;
    this.#control = await startControlServer({
      host,
      port: ports.supervisor,
      secret,
      release,
      services: this.services,
    }).catch((error: unknown) => {
      this.#stopGuard();
      throw error;
    });
    this.#unlock = unlock;
    for (const service of this.services) if (!isGate(service)) void startInOrder(service, this.services);
    for (const gate of this.services.filter(isGate)) if (gate.state === 'waiting') gate.start();
  }

  /** While another kit has the data folder. */
  standBy(): void {
    this.#standsBy = this.#succeed().catch((error: unknown) => {
      for (const line of errorText(error).split('\n')) this.#options.log.fatal(line);
      this.#options.onCriticalFailure(control.name);
    });
  }

  async #succeed(): Promise<void> {
    const { loaded, log } = this.#options;
    const { dataDir } = this.config;
    log.info(`another kit has ${dataDir}: PORT opens beside it, the rest starts when that one has ended`);
    for (const gate of this.services.filter(isGate)) gate.start();
    const unlock = await awaitInstance(dataDir, this.#run, log, this.#isWanted.signal);
    if (unlock === undefined) return;
    log.info('the other kit has ended: taking over');
    try {
      this.config = await settle(this.config, loaded, log, isNotPublic);
      adoptPorts(this.config, this.services, this.#run);
      await this.start(unlock);
    } catch (error) {
      unlock();
      throw error;
    }
  }

  stop(): Promise<boolean> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<boolean> {
    this.#isWanted.abort();
    await this.#standsBy;
    const inOrder = await stopInOrder(this.services, this.config.stop.drainMs);
    if (this.#control !== undefined) await closeServer(this.#control, LEAST_STOP_MS);
    const left = await endLeftovers(this.#run, 'that had outlived their service', this.#options.log);
    this.#stopGuard();
    this.#unlock();
    return inOrder && left === 0;
  }

  revive(): void {
    for (const service of this.services) service.revive();
  }
}

function isGate({ plan }: Service): boolean {
  return plan.declaration.exposure === 'public';
}

function isNotPublic(name: PortName): boolean {
  return name !== serviceWithRole('public-port').name;
}

/** What the services of the kit know each other by: made at every start, shared only with a kit that takes over. */
function withSecret(config: Config): Config {
  const { internal, takeOver, dataDir } = config;
  if (internal.secret !== '') return config;
  const secret = takeOver ? takeOverSecret(dataDir) : randomBytes(32).toString('hex');
  return { ...config, internal: { ...internal, secret } };
}

/** The configuration with ports that are free. */
async function settle(
  config: Config,
  { resolved }: Pick<Loaded, 'resolved'>,
  log: Log,
  isAsked: (name: PortName) => boolean = () => true,
): Promise<Config> {
  const requests = portRequests(config, (name) => isOn(name, config), isSetBy({ resolved }));
  const ports = await assignPorts(
    requests.filter(({ name }) => isAsked(name)),
    log,
  );
  return { ...config, ports: { ...config.ports, ...Object.fromEntries(ports) } };
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
