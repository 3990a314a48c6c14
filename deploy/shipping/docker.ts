import type { Command } from './command.ts';
import type { Prerequisite } from './target.ts';

/** For each target whose image is built on this machine. */
export const DOCKER_BUILDS: Prerequisite = {
  what: 'the Docker engine answers, which builds the image',
  command: { argv: ['docker', 'info', '--format', '{{.ServerVersion}}'] },
  remedy: 'install Docker (https://docs.docker.com/engine/install) and start it',
};

/** Builds a stage of the Dockerfile; `flags` come before the stage, `RELEASE` is left out where the stage has none. */
export function dockerBuild(
  stage: 'kit' | 'slim' | 'port',
  image: string,
  { release, flags = [] }: { readonly release?: string; readonly flags?: readonly string[] } = {},
): Command {
  const argument = release === undefined ? [] : ['--build-arg', `RELEASE=${release}`];
  return {
    argv: ['docker', 'build', ...flags, '--target', stage, ...argument, '--tag', image, '.'],
    env: { DOCKER_BUILDKIT: '1' },
  };
}

export function dockerPush(image: string): Command {
  return { argv: ['docker', 'push', image] };
}
