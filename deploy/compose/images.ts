import { dockerBuild, findBase } from '../shipping/docker.ts';
import type { Ask, Shipment, Step } from '../shipping/target.ts';
import { imageOf } from './docker-compose.ts';

/** The images of a release, and the one that holds the port, which no release changes. */
export async function buildImages({ deployment: { name }, release }: Shipment, ask: Ask): Promise<Step[]> {
  const base = await findBase(ask);
  return [
    { title: 'build the image', run: dockerBuild('kit', `${name}:${release}`, { release, base }) },
    { title: 'build the image that holds the port', run: dockerBuild('port', `${name}-port`, { base }) },
  ];
}

/** The new image by itself, cut off from all networks, on a stand-in for WhatsApp: what cannot run is not shipped. */
export function rehearse(shipment: Shipment): Step {
  const { memoryMb } = shipment.deployment;
  return {
    title: 'rehearse: run the image by itself on the sandbox, and send one message',
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
