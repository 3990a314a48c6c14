import type { Config } from '#config';
import { errorText } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { PortsMessage } from '../../runtime/process/supervisor-messages.ts';
import type { Service } from '../processes/service.ts';
import { planServices } from '../processes/service-plan.ts';
import { assignPorts, portRequests } from './assign-ports.ts';

export interface PortMoveOptions {
  readonly services: readonly Service[];
  readonly isSet: (path: string) => boolean;
  readonly run: string;
  readonly log: Log;
}

/**
 * A service fails again and again: if somebody has taken its port since the kit started, it gets another, where it may
 * move; the gate hears of it, and the services that call it start again. Gives the configuration from then on.
 */
export async function moveIfTaken(
  config: Config,
  service: Service,
  { services, isSet, run, log }: PortMoveOptions,
): Promise<Config> {
  const requests = portRequests(config, (name) => name === service.name, isSet);
  const assigned = await assignPorts(requests, log).catch((error: unknown) => {
    log.error({ service: service.name }, errorText(error));
    return undefined;
  });
  if (assigned === undefined || requests.every(({ name, port }) => assigned.get(name) === port))
    return config;
  const moved: Config = { ...config, ports: { ...config.ports, ...Object.fromEntries(assigned) } };
  adoptPorts(moved, services, run);
  for (const other of services) if (other !== service && isCaller(other)) void other.restart();
  return moved;
}

/** Gives every service the plan of a configuration whose ports have moved, and tells the gate, which follows. */
export function adoptPorts(moved: Config, services: readonly Service[], run: string): void {
  const plans = planServices(moved, run);
  const message: PortsMessage = { type: 'gatehouse:ports', ports: moved.ports };
  for (const service of services) {
    service.plan = plans.find(({ declaration }) => declaration.name === service.name) ?? service.plan;
    if (service.plan.declaration.exposure === 'public') service.send(message);
  }
}

/** Reads where the others listen when it starts. */
function isCaller({ plan: { declaration } }: Service): boolean {
  return declaration.kit && declaration.exposure !== 'public';
}
