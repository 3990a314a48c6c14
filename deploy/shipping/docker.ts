import type { Prerequisite } from './target.ts';

/** For each target whose image is built on this machine. */
export const DOCKER_BUILDS: Prerequisite = {
  what: 'the Docker engine answers, which builds the image',
  command: { argv: ['docker', 'info', '--format', '{{.ServerVersion}}'] },
  remedy: 'install Docker (https://docs.docker.com/engine/install) and start it',
};
