import { type ProfileName, profiles } from './profiles.ts';
import {
  control,
  type HostDeclaration,
  type HostName,
  type PortDeclaration,
  type PortName,
  type ServiceDeclaration,
  type ServiceRole,
  topology,
} from './topology.ts';

const services: readonly ServiceDeclaration[] = topology;

/** The service that has a role. */
export function serviceWithRole(role: ServiceRole): ServiceDeclaration {
  const found = services.find((service) => service.role === role);
  if (found === undefined) throw new Error(`the topology gives no service the role ${role}`);
  return found;
}

/** Whether a service takes part under this configuration. The supervisor, which is no entry, always does. */
export function isOn(name: string, config: { readonly whatsapp: string }): boolean {
  const service = services.find((entry) => entry.name === name);
  return service?.when === undefined || config[service.when.setting] === service.when.is;
}

/** The variables of the secrets that a service gets; none for a name that the topology does not have. */
export function secretsOf(name: string): readonly string[] {
  return services.find((service) => service.name === name)?.secrets ?? [];
}

/** The variables that running services set for a service. */
export function variablesFor(
  name: string,
  running: readonly ServiceDeclaration[],
  dataDir: string,
): Record<string, string> {
  const provided = running.flatMap(({ provides }) => Object.entries(provides?.[name] ?? {}));
  return Object.fromEntries(
    provided.map(([variable, text]) => [variable, text.replaceAll('{DATA_DIR}', () => dataDir)]),
  );
}

/** All ports with their declarations, in the order of the topology. */
export function declaredPorts(): {
  name: PortName;
  owner: string;
  port: PortDeclaration;
  isPublic: boolean;
}[] {
  return [
    ...topology.flatMap((service) => [
      {
        name: service.name,
        owner: service.name,
        port: service.port,
        isPublic: service.exposure === 'public',
      },
      ...('extraPort' in service
        ? [{ name: service.extraPort.name, owner: service.name, port: service.extraPort, isPublic: false }]
        : []),
    ]),
    { name: control.name, owner: control.name, port: control.port, isPublic: false },
  ];
}

/** The settled port of a service. */
export function portOf(config: { readonly ports: Readonly<Record<PortName, number>> }, name: string): number {
  const found = declaredPorts().find((declared) => declared.name === name);
  if (found === undefined) throw new Error(`the topology gives ${name} no port`);
  return config.ports[found.name];
}

/** The hosts that settings name, in the order of their variables. `name` is the key in the setting group `internal`. */
export function declaredHosts(): { name: HostName; service: string; host: HostDeclaration }[] {
  return topology
    .flatMap((service) =>
      'host' in service
        ? [{ name: `${service.name}Host` as const, service: service.name, host: service.host }]
        : [],
    )
    .toSorted((one, other) => (one.host.env < other.host.env ? -1 : 1));
}

/** Where the gate reaches a service: on the host of its setting, else on this machine or on a host of its name. */
export function hostOf(
  {
    internal,
    profile,
  }: {
    readonly internal: Readonly<Record<'host' | HostName, string>>;
    readonly profile: ProfileName;
  },
  service: string,
): string {
  const declared = declaredHosts().find((host) => host.service === service);
  if (declared !== undefined) return internal[declared.name];
  return profiles[profile].spansHosts ? service : internal.host;
}
