import type { Command } from './command.ts';
import type { Ask, Prerequisite } from './target.ts';

/** For each target whose image is built on this machine. */
export const DOCKER_BUILDS: Prerequisite = {
  what: 'the Docker engine answers, which builds the image',
  command: { argv: ['docker', 'info', '--format', '{{.ServerVersion}}'] },
  remedy: 'install Docker (https://docs.docker.com/engine/install) and start it',
};

/** The default base image of the Dockerfile. */
export const BASE_IMAGE = 'node:24-trixie-slim';

/**
 * Finds the base image with its digest, where this engine has it: each image of a release is then built on the same one,
 * and its label names it. Undefined where the engine does not have it, and builds on what the tag means then.
 */
export async function findBase(ask: Ask): Promise<string | undefined> {
  const { stdout } = await ask(
    { argv: ['docker', 'image', 'inspect', '--format', '{{join .RepoDigests " "}}', BASE_IMAGE] },
    'may-fail',
  );
  const digest = /@(sha256:[0-9a-f]{64})\b/.exec(stdout)?.[1];
  return digest === undefined ? undefined : `${BASE_IMAGE}@${digest}`;
}

/** Builds a stage of the Dockerfile; `flags` come before the stage, `RELEASE` is left out where the stage has none. */
export function dockerBuild(
  stage: 'kit' | 'slim' | 'port',
  image: string,
  {
    release,
    base,
    flags = [],
  }: {
    readonly release?: string;
    readonly base?: string | undefined;
    readonly flags?: readonly string[];
  } = {},
): Command {
  const argument = [
    ...(base === undefined ? [] : ['--build-arg', `BASE=${base}`]),
    ...(release === undefined ? [] : ['--build-arg', `RELEASE=${release}`]),
  ];
  return {
    argv: ['docker', 'build', ...flags, '--target', stage, ...argument, '--tag', image, '.'],
    env: { DOCKER_BUILDKIT: '1' },
  };
}

export function dockerPush(image: string): Command {
  return { argv: ['docker', 'push', image] };
}
