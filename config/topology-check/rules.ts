import type { PlacedSetting } from '../schema.ts';
import type { PortDeclaration, ServiceDeclaration } from '../topology.ts';

/** What the rules look at: the topology with what stands beside it, and the settings that are none of its ports. */
export interface Declarations {
  readonly services: readonly ServiceDeclaration[];
  readonly control: {
    readonly name: string;
    readonly port: PortDeclaration;
    readonly routes: readonly { readonly prefix: string }[];
  };
  readonly deniedPrefixes: readonly string[];
  readonly settings: readonly PlacedSetting[];
  /** Whether a file of the kit is there, from its root. */
  readonly hasFile: (path: string) => boolean;
}

/** What is wrong with a service by itself, or with what it says of others. */
export function serviceProblems(service: ServiceDeclaration, declared: Declarations): string[] {
  return [
    ...nameProblems(service),
    ...processProblems(service, declared.hasFile),
    ...exposureProblems(service),
    ...routeProblems(service, declared.deniedPrefixes),
    ...stopProblems(service),
    ...othersProblems(service, declared.services),
  ];
}

function nameProblems({ name }: ServiceDeclaration): string[] {
  return /^[a-z][a-z0-9-]{0,31}$/.test(name)
    ? []
    : [`the name ${show(name)} must be 1 to 32 lower-case letters, digits and hyphens, a letter first`];
}

function processProblems(
  { name, entry, command, kit, secrets = [] }: ServiceDeclaration,
  hasFile: Declarations['hasFile'],
): string[] {
  if (entry === undefined && command === undefined)
    return [
      `${name} has neither entry nor command: name what is to be run, such as command: ['python3', 'server.py']`,
    ];
  if (entry !== undefined && command !== undefined)
    return [`${name} has both entry and command: keep one of them`];
  if (entry !== undefined && !hasFile(entry))
    return [
      `${name} has the entry ${show(entry)}, and there is no such file: paths begin at the root of the kit`,
    ];
  if (command !== undefined && (command.length === 0 || command[0]?.trim() === ''))
    return [`${name} has an empty command: name the program and its arguments`];
  if (command !== undefined && kit)
    return [
      `${name} is run by a command and has kit: true: set kit: false, or it gets the secrets of the kit and is not stopped by a signal`,
    ];
  if (secrets.length > 0 && !kit)
    return [
      `${name} has secrets and kit: false: remove secrets, since a service that is not the kit's own gets none of the kit`,
    ];
  const [program = ''] = command ?? [];
  return /^\.{0,2}[^/]+\//.test(program) && !hasFile(program)
    ? [`${name} runs ${show(program)}, and there is no such file: paths begin at the root of the kit`]
    : [];
}

function exposureProblems({ name, exposure, routes, readyPath }: ServiceDeclaration): string[] {
  return [
    ...(exposure === 'routed' && routes.length === 0
      ? [
          `${name} is routed and has no routes: add one, such as { prefix: '/${name}' }, or set exposure: 'internal'`,
        ]
      : []),
    ...(exposure !== 'routed' && routes.length > 0
      ? [`${name} has routes and is ${exposure}: set exposure: 'routed', or remove them`]
      : []),
    ...(/^\/[^\s#]*$/.test(readyPath)
      ? []
      : [`${name} has the readyPath ${show(readyPath)}: it must begin with / and have no spaces`]),
  ];
}

/** As the gate compares them: byte by byte, so that only the canonical form is ever met. */
const CANONICAL_PREFIX = /^\/$|^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~-]+)+$/;

function routeProblems({ name, routes }: ServiceDeclaration, deniedPrefixes: readonly string[]): string[] {
  return routes.flatMap(({ prefix }) => {
    if (!CANONICAL_PREFIX.test(prefix))
      return [
        `${name} has the route ${show(prefix)}, which no request can match: begin with /, end without, and use letters, digits and . _ ~ - between slashes`,
      ];
    const lower = prefix.toLowerCase();
    const denied = deniedPrefixes.find((each) => lower === each || lower.startsWith(`${each}/`));
    if (denied !== undefined)
      return [
        `${name} has the route ${prefix}, and the gate refuses all below ${denied}: choose another prefix`,
      ];
    return lower === '/health' || lower === '/health/live'
      ? [`${name} has the route ${prefix}, which the kit answers itself: choose another prefix`]
      : [];
  });
}

function stopProblems({ name, stopGraceMs, leastStopMs = 0 }: ServiceDeclaration): string[] {
  if (!Number.isInteger(stopGraceMs) || stopGraceMs < 1)
    return [`${name} has stopGraceMs ${stopGraceMs}: it must be a whole number of milliseconds, at least 1`];
  return leastStopMs > stopGraceMs
    ? [`${name} has leastStopMs ${leastStopMs}, more than its stopGraceMs ${stopGraceMs}: lower it`]
    : [];
}

function othersProblems(
  { name, needs, provides = {} }: ServiceDeclaration,
  services: readonly ServiceDeclaration[],
): string[] {
  const isKnown = (other: string) => services.some((service) => service.name === other);
  const known = services.map((service) => service.name).join(', ');
  return [
    ...needs
      .filter((need) => !isKnown(need))
      .map((need) => `${name} needs ${show(need)}, which is no service: there are ${known}`),
    ...Object.keys(provides)
      .filter((other) => !isKnown(other))
      .map(
        (other) => `${name} provides variables to ${show(other)}, which is no service: there are ${known}`,
      ),
  ];
}

function show(text: string): string {
  return JSON.stringify(text);
}
