import { declaredPorts, isOn, portOf } from '#config';
import { type Check, type Finding, found, good } from '../check.ts';
import { belongsHere, type Context, isDeployed, platformName } from '../context.ts';
import { processesOf } from '../kit-processes.ts';
import type { Holder } from '../port-holders.ts';

export interface PortFacts {
  readonly variable: string;
  readonly port: number;
  readonly isHeld: boolean;
  readonly holders: readonly Holder[];
  /** Nobody set it, so the kit goes to the next free one. */
  readonly mayMove: boolean;
}

/** Ports that others have taken from the kit. */
export const portsFree: Check = {
  id: 'ports-free',
  title: "Ports are the kit's",
  group: 'Ports',
  where: 'machine',
  finds: 'exit code 69, "PORT … is in use"; a service that fails because its port was taken',
  run: ({ config, intended, kit, listening, holders }: Context) => {
    if (!kit.canSee) return [];
    const held = new Set(listening.map(({ port }) => port));
    const facts = declaredPorts()
      .filter(({ owner }) => isOn(owner, config))
      .map(({ name, port, isPublic }) => ({
        variable: port.env,
        port: portOf(config, name),
        isHeld: held.has(portOf(config, name)),
        holders: holders.get(portOf(config, name)) ?? [],
        mayMove:
          config.portAuto && !isPublic && intended.resolved.get(`ports.${name}`)?.variable === undefined,
      }));
    const own = new Set(kit.services.map(({ pid }) => pid));
    const runs = new Set(kit.services.flatMap(({ run }) => run ?? []));
    const isOwn = ({ pid, run }: Holder) =>
      own.has(pid) || pid === kit.supervisor?.pid || (run !== undefined && runs.has(run));
    return judgePorts(facts, isOwn);
  },
};

export function judgePorts(facts: readonly PortFacts[], isOwn: (holder: Holder) => boolean): Finding[] {
  const findings = facts.flatMap(({ variable, port, isHeld, holders, mayMove }) => {
    const others = holders.filter((holder) => !isOwn(holder));
    if (!isHeld || (holders.length > 0 && others.length === 0)) return [];
    const who =
      others.length === 0
        ? 'a process of another user or container'
        : others.map(({ pid, program }) => `pid ${pid} (${program})`).join(', ');
    const evidence = `${variable} ${port} is held by ${who}`;
    const shared =
      holders.length > others.length ? ', beside the kit itself: each gets a part of the connections' : '';
    return [
      mayMove
        ? found(
            'note',
            evidence,
            `somebody else has that port${shared}; the kit moves to the next free one by itself`,
            `nothing, or set ${variable} to a port of its own`,
          )
        : found(
            'error',
            evidence,
            `somebody else has that port${shared}; the kit does not start, or does not come back: exit code 69`,
            `stop that process, or set ${variable} to another port`,
          ),
    ];
  });
  return findings.length > 0
    ? findings
    : good(
        facts.map(({ variable, port, isHeld }) => `${variable} ${port}${isHeld ? '' : ' free'}`).join(', '),
      );
}

/** Whether the gate listens where the platform asks, and only one of it. */
export const publicPort: Check = {
  id: 'public-port',
  title: 'PORT is bound',
  group: 'Ports',
  where: 'machine',
  finds: 'PORT is ignored; 127.0.0.1 in a container; two processes that read the same PORT',
  run: (context: Context) => {
    const { config, intended, kit } = context;
    if (kit.services.length === 0 || !belongsHere(context, 'public-port')) return [];
    const port = config.ports.gate;
    const sockets = context.listening.filter((socket) => socket.port === port);
    return judgePublicPort({
      port,
      intendedPort:
        intended.resolved.get('ports.gate')?.variable === undefined ? undefined : intended.config.ports.gate,
      addresses: [...new Set(sockets.map(({ address }) => address))],
      gateListensOn: processesOf(kit.services, 'public-port').flatMap(({ listening }) =>
        listening.map((socket) => socket.port),
      ),
      holders: context.holders.get(port) ?? [],
      isDeployed: isDeployed(context),
      platform: platformName(context),
    });
  },
};

export interface PublicPortFacts {
  /** Of the kit that runs. */
  readonly port: number;
  /** What PORT says here, if anything. */
  readonly intendedPort: number | undefined;
  readonly addresses: readonly string[];
  readonly gateListensOn: readonly number[];
  readonly holders: readonly Holder[];
  readonly isDeployed: boolean;
  readonly platform: string;
}

export function judgePublicPort(facts: PublicPortFacts): Finding[] {
  const { port, intendedPort, addresses, gateListensOn, holders, platform } = facts;
  const evidence = [
    `the gate was given PORT ${port}`,
    addresses.length === 0 ? `nobody listens on ${port}` : `${port} is bound on ${addresses.join(', ')}`,
  ];
  if (intendedPort !== undefined && intendedPort !== port)
    return [
      found(
        'error',
        [...evidence, `PORT is ${intendedPort} here`],
        'the kit that runs does not listen on the PORT that is set now: the platform asks where nobody is',
        'restart the kit; let nothing between the platform and the kit (a script, .env, a flag --port) set PORT anew',
      ),
    ];
  if (addresses.length === 0) {
    const elsewhere = [...new Set(gateListensOn)].filter((other) => other !== port);
    return [
      found(
        'error',
        elsewhere.length === 0 ? evidence : [...evidence, `the gate listens on ${elsewhere.join(', ')}`],
        'the gate does not listen on PORT: starting, or in a crash loop',
        'see the lines of the gate in the log',
      ),
    ];
  }
  const runs = new Set(holders.flatMap(({ run }) => run ?? []));
  if (runs.size > 1)
    return [
      found(
        'warning',
        [...evidence, holders.map(({ pid, program }) => `pid ${pid} (${program})`).join(', ')],
        'two kits listen on one PORT, and each gets a part of the connections: right only while one takes over from the other',
        'look again in a minute; if both are still there, stop the older one',
      ),
    ];
  const isLoopbackOnly = addresses.every((address) => /^127\.|^::1$/.test(address));
  if (isLoopbackOnly && facts.isDeployed)
    return [
      found(
        'error',
        evidence,
        `bound on loopback, the gate is reached from nowhere but this ${platform === 'a container on a host of your own' ? 'container' : 'machine'} (${platform})`,
        'set GATE_HOST=0.0.0.0 (and API_KEYS), or unset GATE_HOST',
      ),
    ];
  return good(evidence[1] ?? '');
}
