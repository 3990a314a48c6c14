import { composeEnvFile } from '../shipping/env-file.ts';
import { type Plan, ShipError, type Shipment, type Target } from '../shipping/target.ts';
import { compose, ENV_FILE, listContainers, up } from './docker-compose.ts';
import { prerequisites, targetFacts } from './facts.ts';
import { buildImages, rehearse } from './images.ts';
import { COLOURS, type ComposeState, nameOf, readState, type Side, sidesOf } from './state.ts';
import { restart, switchTo } from './take-over.ts';

/** `docker compose` on this host, or on the one that DOCKER_HOST names: the next colour takes over from the other. */
export const composeTarget: Target = {
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
      before: [...(shipment.image === undefined ? await buildImages(shipment, ask) : []), rehearse(shipment)],
      steps: [
        { title: 'open the published port', run: up(shipment, 'port', []) },
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
      steps: restart(shipment, other, running),
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
    steps: [
      {
        title: 'stop and remove the containers and their network',
        run: compose(shipment, 'down', '--remove-orphans'),
      },
    ],
    remains: `the volume ${shipment.deployment.name}_data, with the WhatsApp login, the outbox and the event log; docker volume rm ${shipment.deployment.name}_data removes it for good`,
  }),
};

/** PORT is what is published, not what the kit binds. */
function withoutPort({
  PORT: _published,
  ...others
}: Readonly<Record<string, string>>): Record<string, string> {
  return others;
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
