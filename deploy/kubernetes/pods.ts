import { portOf, type ServiceDeclaration } from '#config';
import type { RenderInput } from '../platform.ts';
import { runningServices } from '../rendering/render-input.ts';

/** What runs together in one pod: a service, and those that write files for it into its DATA_DIR. */
export interface PodPlan {
  readonly owner: ServiceDeclaration;
  readonly sidecars: readonly ServiceDeclaration[];
  /** What must outlive the pod, so that never two of it run at once. */
  readonly keeps: 'files' | 'database' | undefined;
}

/** The pods of the services that are on. */
export function planPods(input: RenderInput): PodPlan[] {
  const services = runningServices(input);
  const ownerOf = (service: ServiceDeclaration) => findOwner(service, services);
  return services
    .filter((service) => ownerOf(service) === undefined)
    .map((owner) => ({
      owner,
      sidecars: services.filter((service) => ownerOf(service)?.name === owner.name),
      keeps: owner.keeps === 'database' && input.config.store.databaseUrl !== '' ? undefined : owner.keeps,
    }));
}

/** The service in whose DATA_DIR another one leaves programs and files: on hosts of their own neither would find them. */
function findOwner(
  { name, provides = {} }: ServiceDeclaration,
  services: readonly ServiceDeclaration[],
): ServiceDeclaration | undefined {
  return services.find(
    (other) =>
      other.name !== name &&
      other.keeps === 'files' &&
      Object.values(provides[other.name] ?? {}).some((text) => text.includes('{DATA_DIR}')),
  );
}

/** The port of a service: as settled, or as declared where the settings do not know it. */
export function portNumber(
  { config }: Pick<RenderInput, 'config'>,
  { name, port }: ServiceDeclaration,
): number {
  return Object.hasOwn(config.ports, name) ? portOf(config, name) : port.default;
}

/** Those besides the outside that call a service, by name. */
export function callersOf(service: ServiceDeclaration, services: readonly ServiceDeclaration[]): string[] {
  const gates = services.filter(({ exposure }) => exposure === 'public').map(({ name }) => name);
  return [...(service.exposure === 'routed' ? gates : []), ...(service.callers ?? [])];
}
