import type { Command } from '../shipping/command.ts';
import { composeEnvFile } from '../shipping/env-file.ts';
import {
  type Act,
  type Plan,
  ShipError,
  type Shipment,
  type Target,
  type Watch,
} from '../shipping/target.ts';
import { prerequisites, targetFacts } from './facts.ts';
import { COLOURS, type Colour, type ComposeState, type Container, readState } from './state.ts';

const ENV_FILE = 'compose.env';
/** For a container to open its port; an image that was just built may have to be unpacked first. */
const OPENS_WITHIN_MS = 60_000;
/** For the one before to end and the new one to take over, its grace included. */
const HEALTHY_WITHIN_MS = 120_000;

/** `docker compose` on this host, or on the one that DOCKER_HOST names: the next colour takes over from the other. */
export const composeTarget: Target = {
  name: 'compose',
  prerequisites,
  makesKey: true,
  files: ({ settings, secrets }) => [
    { name: ENV_FILE, text: composeEnvFile(withoutPort({ ...settings, ...secrets })) },
  ],
  facts: targetFacts,

  async plan(shipment, ask): Promise<Plan> {
    const state = readState((await ask(listContainers(shipment))).stdout);
    const running = sidesOf(state).find(({ isRunning }) => isRunning);
    refusePortChange(shipment, state);
    if (running?.release === shipment.release)
      throw new ShipError(`release ${shipment.release} already runs: set RELEASE to another name`);
    const next: Side = { colour: running?.colour === 'blue' ? 'green' : 'blue', release: shipment.release };
    return {
      release: shipment.release,
      ...(running === undefined ? {} : { previous: nameOf(running) }),
      url: urlOf(shipment),
      before: [...(shipment.image === undefined ? buildImages(shipment) : []), rehearse(shipment)],
      acts: [
        { does: 'open the published port', run: up(shipment, 'port', []) },
        ...switchTo(shipment, next, running),
      ],
    };
  },

  async planRollback(shipment, ask): Promise<Plan> {
    const sides = sidesOf(readState((await ask(listContainers(shipment))).stdout));
    const running = sides.find(({ isRunning }) => isRunning);
    const other = sides.find(({ colour }) => colour !== running?.colour);
    if (running === undefined || other === undefined)
      throw new ShipError('there is no earlier release to go back to: no container of one is left');
    return {
      ...(other.release === undefined ? {} : { release: other.release }),
      previous: nameOf(running),
      url: urlOf(shipment),
      before: [],
      acts: restart(shipment, other, running),
    };
  },

  status: async (shipment) => [compose(shipment, 'ps', '--all')],

  logs: async (shipment, follow) => [
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

  destroy: async (shipment) => ({
    acts: [
      {
        does: 'stop and remove the containers and their network',
        run: compose(shipment, 'down', '--remove-orphans'),
      },
    ],
    remains: `the volume ${shipment.deployment.name}_data, with the WhatsApp login, the outbox and the event log; docker volume rm ${shipment.deployment.name}_data removes it for good`,
  }),
};

/** A colour, and the release that it is. */
interface Side {
  readonly colour: Colour;
  readonly release?: string;
}

function sidesOf(state: ComposeState): (Side & Container)[] {
  return COLOURS.flatMap((colour) => {
    const container = state[colour];
    return container === undefined ? [] : [{ colour, ...container }];
  });
}

function nameOf({ colour, release }: Side): string {
  return release ?? colour;
}

/** Starts a colour from the new image beside the running one, and lets it take over. */
export function switchTo(shipment: Shipment, next: Side, running: Side | undefined): Act[] {
  const start: Act = {
    does: `start ${nameOf(next)} as ${next.colour}${running === undefined ? '' : `, beside ${running.colour}`}`,
    run: up(shipment, next.colour, ['--force-recreate']),
    undo: [{ does: `stop ${next.colour} again`, run: compose(shipment, 'stop', next.colour) }],
  };
  return [start, ...handOver(shipment, next, running)];
}

/** Starts the container of an earlier release as it is, and lets it take over. */
function restart(shipment: Shipment, next: Side, running: Side): Act[] {
  const start: Act = {
    does: `start ${nameOf(next)}, which is still here as ${next.colour}, beside ${running.colour}`,
    run: compose(shipment, 'start', next.colour),
    undo: [{ does: `stop ${next.colour} again`, run: compose(shipment, 'stop', next.colour) }],
  };
  return [start, ...handOver(shipment, next, running)];
}

function handOver(shipment: Shipment, next: Side, running: Side | undefined): Act[] {
  const waitFor = (side: Side, until: 'open' | 'healthy', withinMs: number) => ({
    until,
    ...(side.release === undefined ? {} : { release: side.release }),
    withinMs,
  });
  const watch = watchOver(shipment, next.colour);
  const opened: Act = {
    does: `wait until ${nameOf(next)} has opened the port`,
    run: { ...waitFor(next, 'open', OPENS_WITHIN_MS), watch },
  };
  const healthy: Act = {
    does: `wait until ${nameOf(next)} is healthy`,
    run: { ...waitFor(next, 'healthy', HEALTHY_WITHIN_MS), watch },
  };
  if (running === undefined) return [opened, healthy];
  const back: Act[] = [
    {
      does: `start ${running.colour} again, beside ${next.colour}`,
      run: compose(shipment, 'start', running.colour),
    },
    {
      does: `wait until ${nameOf(running)} has opened the port`,
      run: waitFor(running, 'open', OPENS_WITHIN_MS),
    },
  ];
  const stop: Act = {
    does: `stop ${running.colour}: ${next.colour} takes over`,
    run: compose(shipment, 'stop', running.colour),
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

/** PORT is what is published, not what the kit binds. */
function withoutPort({
  PORT: _published,
  ...others
}: Readonly<Record<string, string>>): Record<string, string> {
  return others;
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

/** The container that holds the port holds the network of the kit: it cannot be replaced under a kit that runs. */
function refusePortChange({ config, deployment }: Shipment, { port }: ComposeState): void {
  if (port === undefined || port === config.ports.gate) return;
  throw new ShipError(
    `${deployment.name} is published on port ${port}, and PORT says ${config.ports.gate}: that cannot change without a gap; set PORT=${port}, or run make destroy, which keeps the data, and deploy again`,
  );
}
