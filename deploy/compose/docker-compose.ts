import type { Command } from '../shipping/command.ts';
import type { Shipment } from '../shipping/target.ts';
import type { Colour } from './state.ts';

/** In the folder of the deploy. */
export const ENV_FILE = 'compose.env';

/** A command of Docker Compose, with the variables that the rendered file takes. */
export function compose(shipment: Shipment, ...words: string[]): Command {
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

export function up(shipment: Shipment, service: 'port' | Colour, flags: readonly string[]): Command {
  return compose(shipment, 'up', '--detach', '--no-deps', '--no-build', ...flags, service);
}

export function listContainers(shipment: Shipment): Command {
  return compose(shipment, 'ps', '--all', '--format', 'json');
}

/** The image of this deploy, with its tag. */
export function imageOf({ image, deployment, release }: Shipment): string {
  return image ?? `${deployment.name}:${release}`;
}
