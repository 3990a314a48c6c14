import { createServer } from 'node:net';
import { type Config, declaredPorts, type PortName } from '#config';
import { KitError } from '../../contract/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { describeTrouble, troubleIn } from '../../runtime/process/machine-trouble.ts';
import { findPortOwner } from '../../runtime/process/port-owner.ts';

/** Ports of services that run, and whether somebody set them. */
export interface PortRequest {
  readonly name: PortName;
  readonly variable: string;
  readonly host: string;
  readonly port: number;
  readonly mayMove: boolean;
}

/**
 * A free port for each request: the requested one, or the next free one where it may move. Throws KitError `port_busy` with
 * every port that is busy and may not move, and who holds it.
 */
export async function assignPorts(
  requests: readonly PortRequest[],
  log: Log,
): Promise<Map<PortName, number>> {
  const assigned = new Map<PortName, number>();
  const given = new Set<number>();
  const requested = new Set(requests.map(({ port }) => port));
  const problems: string[] = [];
  // Those that may not move first: whoever may, gives way.
  for (const request of [...requests].sort((left, right) => Number(left.mayMove) - Number(right.mayMove))) {
    if (!request.mayMove) {
      if (await isFree(request.port, request.host)) {
        assigned.set(request.name, request.port);
        given.add(request.port);
      } else
        problems.push(
          `${request.variable} ${request.port} is in use${heldBy(request.port)}: stop that process, or set ${request.variable} to another port`,
        );
      continue;
    }
    // No service moves to a port that another service of the kit requests.
    const avoided = new Set([...given, ...[...requested].filter((port) => port !== request.port)]);
    const port = await nextFree(request.port, request.host, avoided);
    if (port !== request.port)
      log.warn(
        { service: request.name, wished: request.port, port },
        `${request.variable} ${request.port} is in use${given.has(request.port) ? ' by another service of the kit' : heldBy(request.port)}: ${request.name} moves to ${port}`,
      );
    given.add(port);
    assigned.set(request.name, port);
  }
  if (problems.length > 0) throw new KitError('port_busy', problems.join('\n'));
  return assigned;
}

/** The ports of the services that are on. `isSet` tells whether somebody chose the port. */
export function portRequests(
  config: Config,
  isOn: (name: string) => boolean,
  isSet: (path: string) => boolean,
): PortRequest[] {
  return declaredPorts()
    .filter(({ owner }) => isOn(owner))
    .map(({ name, port, isPublic }) => ({
      name,
      variable: port.env,
      host: isPublic ? config.gate.host : config.internal.host,
      port: config.ports[name],
      mayMove: config.portAuto && !isPublic && !isSet(`ports.${name}`),
    }));
}

async function nextFree(first: number, host: string, taken: ReadonlySet<number>): Promise<number> {
  for (let port = first; port <= 65_535; port += 1) {
    if (!taken.has(port) && (await isFree(port, host))) return port;
  }
  throw new KitError('port_busy', `no port from ${first} to 65535 is free on ${host}`);
}

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else
        reject(
          new KitError(
            'port_busy',
            `port ${port} on ${host} cannot be bound (${error.code ?? error.message}): ${remedyOf(error.code)}`,
            { cause: error },
          ),
        );
    });
    probe.listen({ port, host, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

function remedyOf(code: string | undefined): string {
  if (code === 'EACCES') return 'ports below 1024 need privileges; choose a higher one';
  if (code === 'EADDRNOTAVAIL') return 'this machine has no such address; choose 127.0.0.1 or 0.0.0.0';
  const trouble = troubleIn(code ?? '');
  if (trouble !== undefined) return `the port is not to blame, the machine is: ${describeTrouble(trouble)}`;
  return 'choose another port or address';
}

function heldBy(port: number): string {
  const owner = findPortOwner(port);
  return owner === undefined
    ? ' by a process that this user cannot see'
    : ` by pid ${owner.pid} (${owner.command})`;
}
