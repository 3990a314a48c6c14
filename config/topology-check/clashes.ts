import { type PortDeclaration, SERVICE_ROLES, type ServiceDeclaration } from '../topology.ts';
import type { Declarations } from './rules.ts';

/** What is wrong between services: what two of them claim, and what would never start. */
export function clashProblems(declared: Declarations): string[] {
  return [
    ...repeated(namesOf(declared), 'the name', 'give each a name of its own'),
    ...variableProblems(declared),
    ...portProblems(declared),
    ...repeated(rolesOf(declared), 'the role', 'leave it to one of them'),
    ...repeated(prefixesOf(declared), 'the route', 'a path can lead to one service: change one prefix'),
    ...cycleProblems(declared.services),
    ...missingRoleProblems(declared.services),
    ...publicPortProblems(declared.services),
  ];
}

/** A thing that only one may have, with who has it. */
interface Held {
  readonly what: string;
  readonly by: string;
}

function namesOf({ services, control }: Declarations): Held[] {
  const held = (name: string) => ({ what: name, by: name });
  return [
    ...services.flatMap(({ name, extraPort }) => [
      held(name),
      ...(extraPort === undefined ? [] : [{ what: extraPort.name, by: `the extraPort of ${name}` }]),
    ]),
    held(control.name),
  ];
}

function rolesOf({ services }: Declarations): Held[] {
  return services.flatMap(({ name, role }) => (role === undefined ? [] : [{ what: role, by: name }]));
}

function prefixesOf({ services }: Declarations): Held[] {
  return services.flatMap(({ name, routes }) => routes.map(({ prefix }) => ({ what: prefix, by: name })));
}

function portsOf({ services, control }: Declarations): { port: PortDeclaration; by: string }[] {
  return [
    ...services.flatMap(({ name, port, extraPort }) => [
      { port, by: name },
      ...(extraPort === undefined ? [] : [{ port: extraPort, by: name }]),
    ]),
    { port: control.port, by: control.name },
  ];
}

function variableProblems(declared: Declarations): string[] {
  const ofPorts = portsOf(declared).flatMap(({ port, by }) =>
    [port.env, ...(port.fallbacks ?? [])].map((what) => ({ what, by })),
  );
  const ofSettings = declared.settings
    .filter(({ path }) => !path.startsWith('ports.'))
    .flatMap(({ path, setting }) =>
      [setting.env, ...(setting.fallbacks ?? [])].map((what) => ({ what, by: `the setting ${path}` })),
    );
  const badlyNamed = ofPorts.filter(({ what }) => !/^(?:[A-Z][A-Z0-9_]*_)?PORT$/.test(what));
  return [
    ...badlyNamed.map(
      ({ what, by }) =>
        `${by} has the port variable ${JSON.stringify(what)}: it must be of capitals, digits and _, and end in PORT`,
    ),
    ...repeated([...ofPorts, ...ofSettings], 'the variable', 'give each port a variable of its own'),
  ];
}

function portProblems(declared: Declarations): string[] {
  const ports = portsOf(declared);
  return [
    ...ports
      .filter(({ port }) => !Number.isInteger(port.default) || port.default < 1 || port.default > 65_535)
      .map(
        ({ port, by }) =>
          `${by} has the default port ${port.default}: it must be a whole number from 1 to 65535`,
      ),
    ...repeated(
      ports.map(({ port, by }) => ({ what: String(port.default), by })),
      'the default port',
      'give each a port of its own, as none can move on a platform',
    ),
  ];
}

function repeated(held: readonly Held[], what: string, remedy: string): string[] {
  return [...Map.groupBy(held, (one) => one.what)]
    .filter(([, holders]) => holders.length > 1)
    .map(
      ([value, holders]) => `${holders.map(({ by }) => by).join(' and ')} have ${what} ${value}: ${remedy}`,
    );
}

/** Who waits for whom in a circle waits for ever. */
function cycleProblems(services: readonly ServiceDeclaration[]): string[] {
  const needsOf = new Map(services.map(({ name, needs }) => [name, needs]));
  const reaches = (from: string, goal: string, seen: Set<string>): boolean =>
    (needsOf.get(from) ?? []).some((need) => {
      if (need === goal) return true;
      if (seen.has(need)) return false;
      seen.add(need);
      return reaches(need, goal, seen);
    });
  const circle = services.map(({ name }) => name).filter((name) => reaches(name, name, new Set()));
  return circle.length === 0
    ? []
    : [
        `${circle.join(', ')} need each other in a circle, so that none would ever start: remove one of those needs`,
      ];
}

function missingRoleProblems(services: readonly ServiceDeclaration[]): string[] {
  return SERVICE_ROLES.filter((needed) => services.every(({ role }) => role !== needed)).map(
    (needed) => `no service has the role ${needed}: add role: '${needed}' to the one that plays it`,
  );
}

function publicPortProblems(services: readonly ServiceDeclaration[]): string[] {
  return services
    .filter(({ role, exposure }) => (exposure === 'public') !== (role === 'public-port'))
    .map(({ name, role, exposure }) =>
      role === 'public-port'
        ? `${name} is ${exposure}: it must be public, as it owns PORT`
        : `${name} is public, and only the gate can be: set exposure: 'routed' and give it a route`,
    );
}
