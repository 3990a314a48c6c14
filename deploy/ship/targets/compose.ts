import { z } from 'zod';
import type { Command } from '../command.ts';
import { type Act, type Plan, ShipError, type Shipment, type Target, type Watch } from '../target.ts';

/** The two services of which one runs and the other is the next, or the one before. Source: `compose.yaml`. */
const COLOURS = ['blue', 'green'] as const;
type Colour = (typeof COLOURS)[number];

const ENV_FILE = 'compose.env';
/** For a container to open its port; an image that was just built may have to be unpacked first. */
const OPENS_WITHIN_MS = 60_000;
/** For the one before to end and the new one to take over, its grace included. */
const HEALTHY_WITHIN_MS = 120_000;
/** Source: linux/Documentation/networking/ip-sysctl.rst, tcp_migrate_req. */
const LEAST_KERNEL = [5, 14] as const;

/** `docker compose` on this host, or on the one that DOCKER_HOST names: the next colour takes over from the other. */
export const composeTarget: Target = {
  name: 'compose',
  needs: [
    {
      what: 'the Docker engine answers',
      command: { argv: ['docker', 'info', '--format', '{{.KernelVersion}}'] },
      remedy:
        'install Docker (https://docs.docker.com/engine/install), start it, and let this user use it; or set DOCKER_HOST',
      judge: ({ stdout }) => judgeKernel(stdout),
    },
    {
      what: 'docker compose is there',
      command: { argv: ['docker', 'compose', 'version', '--short'] },
      remedy: 'install the compose plugin (Debian, Ubuntu: apt-get install docker-compose-plugin)',
      judge: ({ stdout }) =>
        /^v?1\./.test(stdout) ? `it is ${stdout.trim()}, and version 2 is needed` : undefined,
    },
  ],
  makesKey: true,
  files: ({ settings, secrets }) => [{ name: ENV_FILE, text: envFile({ ...settings, ...secrets }) }],

  async plan(shipment, ask): Promise<Plan> {
    const state = readState((await ask(listContainers(shipment))).stdout);
    const running = COLOURS.find((colour) => state[colour]?.isRunning);
    refusePortChange(shipment, state);
    const next = running === 'blue' ? 'green' : 'blue';
    const previous = running === undefined ? undefined : state[running]?.release;
    if (previous === shipment.release)
      throw new ShipError(`release ${previous} already runs: set RELEASE to another name`);
    return {
      release: shipment.release,
      ...(previous === undefined ? {} : { previous }),
      url: urlOf(shipment),
      before: [...(shipment.image === undefined ? buildImages(shipment) : []), rehearse(shipment)],
      acts: [
        { does: 'open the published port', run: up(shipment, 'port', []) },
        ...switchTo(shipment, next, running, shipment.release, previous),
      ],
    };
  },

  async planRollback(shipment, ask): Promise<Plan> {
    const state = readState((await ask(listContainers(shipment))).stdout);
    const running = COLOURS.find((colour) => state[colour]?.isRunning);
    const other = COLOURS.find((colour) => colour !== running && state[colour] !== undefined);
    if (running === undefined || other === undefined)
      throw new ShipError('there is no earlier release to go back to: no container of one is left');
    const [release, previous] = [state[other]?.release ?? '', state[running]?.release ?? ''];
    return {
      release,
      previous,
      url: urlOf(shipment),
      before: [],
      acts: restart(shipment, other, running, release, previous),
    };
  },

  status: (shipment) => [compose(shipment, 'ps', '--all')],

  logs: (shipment, follow) => [
    compose(
      shipment,
      'logs',
      '--tail',
      '200',
      '--no-log-prefix',
      ...(follow ? ['--follow'] : []),
      ...COLOURS,
    ),
  ],

  destroy: (shipment) => ({
    acts: [
      {
        does: 'stop and remove the containers and their network',
        run: compose(shipment, 'down', '--remove-orphans'),
      },
    ],
    remains: `the volume ${shipment.deployment.name}_data, with the WhatsApp login, the outbox and the event log; docker volume rm ${shipment.deployment.name}_data removes it for good`,
  }),
};

/** Starts a colour from the new image beside the running one, and lets it take over. */
export function switchTo(
  shipment: Shipment,
  next: Colour,
  running: Colour | undefined,
  release: string,
  previous: string | undefined,
): Act[] {
  const start: Act = {
    does:
      running === undefined
        ? `start ${release} as ${next}`
        : `start ${release} as ${next}, beside ${running}`,
    run: up(shipment, next, ['--force-recreate']),
    undo: [{ does: `stop ${next} again`, run: compose(shipment, 'stop', next) }],
  };
  return [start, ...handOver(shipment, next, running, release, previous)];
}

/** Starts the container of an earlier release as it is, and lets it take over. */
function restart(
  shipment: Shipment,
  next: Colour,
  running: Colour,
  release: string,
  previous: string,
): Act[] {
  const start: Act = {
    does: `start ${release}, which is still here as ${next}, beside ${running}`,
    run: compose(shipment, 'start', next),
    undo: [{ does: `stop ${next} again`, run: compose(shipment, 'stop', next) }],
  };
  return [start, ...handOver(shipment, next, running, release, previous)];
}

function handOver(
  shipment: Shipment,
  next: Colour,
  running: Colour | undefined,
  release: string,
  previous: string | undefined,
): Act[] {
  const opened: Act = {
    does: `wait until ${release} has opened the port`,
    run: { until: 'open', release, withinMs: OPENS_WITHIN_MS, watch: watchOver(shipment, next) },
  };
  const healthy: Act = {
    does: `wait until ${release} is healthy`,
    run: { until: 'healthy', release, withinMs: HEALTHY_WITHIN_MS, watch: watchOver(shipment, next) },
  };
  if (running === undefined) return [opened, healthy];
  const back: Act[] = [
    { does: `start ${running} again, beside ${next}`, run: compose(shipment, 'start', running) },
    {
      does: `wait until ${previous ?? running} has opened the port`,
      run: {
        until: 'open',
        ...(previous === undefined ? {} : { release: previous }),
        withinMs: OPENS_WITHIN_MS,
      },
    },
  ];
  const stop: Act = {
    does: `stop ${running}: ${next} takes over`,
    run: compose(shipment, 'stop', running),
    undo: back,
  };
  return [opened, stop, healthy];
}

/** The images of a release, and the one that holds the port, which no release changes. */
export function buildImages({ deployment: { name }, release }: Shipment): Act[] {
  const build = (target: string, tag: string, ...more: string[]): Command => ({
    argv: ['docker', 'build', '--target', target, ...more, '--tag', tag, '.'],
    env: { DOCKER_BUILDKIT: '1' },
  });
  return [
    { does: 'build the image', run: build('kit', `${name}:${release}`, '--build-arg', `RELEASE=${release}`) },
    { does: 'build the image that holds the port', run: build('port', `${name}-port`) },
  ];
}

/** The new image by itself, cut off from all networks, on a stand-in for WhatsApp: what cannot run is not shipped. */
export function rehearse(shipment: Shipment): Act {
  const { memoryMb } = shipment.deployment;
  return {
    does: 'rehearse: run the image by itself on the sandbox, and send one message',
    run: {
      argv: [
        ...(['docker', 'run', '--rm', '--network', 'none', '--read-only'] as const),
        ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--memory', `${memoryMb}m`],
        ...['--shm-size', '256m', '--tmpfs', '/tmp:size=256m,mode=1777'],
        // Of its own, and gone with it. Not in memory, from where nothing could be executed.
        ...['--volume', '/data'],
        ...['--env', 'GATEHOUSE_PROFILE=local', '--env', 'TAKE_OVER=false', '--env', 'DATA_DIR=/data'],
        ...[imageOf(shipment), 'node', 'bin/gatehouse.js', 'demo', '--once'],
      ],
    },
  };
}

/** Values as they are: in single quotes Compose fills in nothing. PORT is what is published, not what the kit binds. */
function envFile(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .filter(([name]) => name !== 'PORT')
    .map(([name, value]) => `${name}='${value.replaceAll("'", "\\'")}'\n`)
    .join('');
}

function up(shipment: Shipment, service: 'port' | Colour, flags: readonly string[]): Command {
  return compose(shipment, 'up', '--detach', '--no-deps', '--no-build', ...flags, service);
}

/** Whether the container of a colour has ended that should run. */
function watchOver(shipment: Shipment, colour: Colour): Watch {
  return {
    command: listContainers(shipment),
    hasEnded: ({ stdout }) => readState(stdout)[colour]?.isRunning === false,
    logs: compose(shipment, 'logs', '--tail', '30', '--no-log-prefix', colour),
  };
}

function listContainers(shipment: Shipment): Command {
  return compose(shipment, 'ps', '--all', '--format', 'json');
}

function compose(shipment: Shipment, ...words: string[]): Command {
  const { deployment, config, folder, release } = shipment;
  const image = imageOf(shipment);
  return {
    argv: ['docker', 'compose', '--project-name', deployment.name, '--profile', 'green', ...words],
    env: {
      GATEHOUSE_BLUE_IMAGE: image,
      GATEHOUSE_GREEN_IMAGE: image,
      GATEHOUSE_RELEASE: release,
      GATEHOUSE_PORT_IMAGE: `${deployment.name}-port`,
      GATEHOUSE_PORT: String(config.ports.gate),
      GATEHOUSE_ENV_FILE: `${folder}/${ENV_FILE}`,
    },
  };
}

function imageOf({ image, deployment, release }: Shipment): string {
  return image ?? `${deployment.name}:${release}`;
}

function urlOf({ url, config }: Shipment): string {
  return url ?? `http://127.0.0.1:${config.ports.gate}`;
}

const containerSchema = z.object({
  Service: z.string(),
  State: z.string(),
  /** `name=value,name=value`. */
  Labels: z.string(),
  Publishers: z.array(z.object({ PublishedPort: z.number() })).nullish(),
});

export interface ComposeState {
  readonly blue?: Container;
  readonly green?: Container;
  /** The port that is published now. */
  readonly port?: number;
}

interface Container {
  readonly isRunning: boolean;
  /** As `compose.yaml` labels its container. */
  readonly release: string;
}

/** What `docker compose ps --format json` says: an array, or since 2.21 a document a line. Throws ShipError. */
export function readState(stdout: string): ComposeState {
  const rows = stdout
    .split('\n')
    .filter((line) => line.trim() !== '')
    .flatMap((line) => z.union([z.array(containerSchema), containerSchema]).parse(JSON.parse(line)));
  const find = (colour: Colour) => rows.filter(({ Service }) => Service === colour).map(toContainer)[0];
  const [blue, green] = [find('blue'), find('green')];
  const port = rows
    .filter(({ Service, State }) => Service === 'port' && State === 'running')
    .flatMap(({ Publishers }) => Publishers ?? [])
    .map(({ PublishedPort }) => PublishedPort)
    .find((published) => published > 0);
  return {
    ...(blue === undefined ? {} : { blue }),
    ...(green === undefined ? {} : { green }),
    ...(port === undefined ? {} : { port }),
  };
}

function toContainer({ State, Labels }: z.infer<typeof containerSchema>): Container {
  const release = /(?:^|,)gatehouse\.release=([\w.-]*)/.exec(Labels)?.[1] ?? '';
  return { isRunning: State === 'running', release };
}

/** The container that holds the port holds the network of the kit: it cannot be replaced under a kit that runs. */
function refusePortChange({ config, deployment }: Shipment, { port }: ComposeState): void {
  if (port === undefined || port === config.ports.gate) return;
  throw new ShipError(
    `${deployment.name} is published on port ${port}, and PORT says ${config.ports.gate}: that cannot change without a gap; set PORT=${port}, or run make destroy, which keeps the data, and deploy again`,
  );
}

function judgeKernel(stdout: string): string | undefined {
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(stdout.trim()) ?? [];
  const [leastMajor, leastMinor] = LEAST_KERNEL;
  const isEnough =
    Number(major) > leastMajor || (Number(major) === leastMajor && Number(minor) >= leastMinor);
  return isEnough
    ? undefined
    : `its kernel is ${stdout.trim() || 'unknown'}, and ${leastMajor}.${leastMinor} is needed to hand connections from one release to the next`;
}
