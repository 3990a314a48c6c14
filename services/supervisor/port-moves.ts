import type { Config } from '#config';
import { errorText } from '../contract/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { PortsMessage } from '../runtime/ports-message.ts';
import { planServices } from './plan.ts';
import { portWishes, settlePorts } from './ports.ts';
import type { Service } from './service.ts';

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
  const wishes = portWishes(config, (name) => name === service.name, isSet);
  const settled = await settlePorts(wishes, log).catch((error: unknown) => {
    log.error({ service: service.name }, errorText(error));
    return undefined;
  });
  if (settled === undefined || wishes.every(({ name, port }) => settled.get(name) === port)) return config;
  const moved: Config = { ...config, ports: { ...config.ports, ...Object.fromEntries(settled) } };
  const plans = planServices(moved, run);
  for (const other of services) {
    other.plan = plans.find(({ declaration }) => declaration.name === other.name) ?? other.plan;
    if (other === service || !other.plan.declaration.kit) continue;
    if (other.plan.declaration.exposure === 'public') {
      const message: PortsMessage = { type: 'gatehouse:ports', ports: moved.ports };
      other.tell(message);
    } else void other.restart();
  }
  return moved;
}
