import type { PlatformFacts } from '../platform.ts';
import { LEAST_KERNEL, TAKES_OVER } from '../rendering/take-over.ts';
import type { Prerequisite, TargetFacts } from '../shipping/target.ts';

/** A Docker host: what the engine does with a container, and what it asks of it. */
export const facts: PlatformFacts = {
  title: 'Docker Compose',
  profile: 'docker',
  port: 'chosen',
  health: 'HEALTHCHECK of the image; it only tells, and restarts nothing',
  stopSignal: 'SIGTERM',
  // Without stop_grace_period the engine gives 10 s.
  stopGraceMs: 30_000,
  mostStopGraceMs: 600_000,
  disk: 'volume',
  overlap: 'unless-configured',
  settings: TAKES_OVER,
  sets: '`stop_grace_period` and the drain with it, one published port, volume, read-only root, limits, two colours of which the new one takes over',
  sources: ['docs.docker.com: reference/compose-file/services, engine/network, read 2026-11'],
};

export const prerequisites: readonly Prerequisite[] = [
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
];

export const targetFacts: TargetFacts = {
  ships: 'an image built here, as the colour that does not run',
  waits:
    'until the new colour has opened the port beside the old one; the old one stops; `/health` by the name of the release',
  rollsBack: 'the container of the release before is started again, and takes over',
  secrets: 'an env file in `.cache/deploy`, for its owner alone',
  testedWith: 'a real engine, under load (`test/proof/docker`)',
};

function judgeKernel(stdout: string): string | undefined {
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(stdout.trim()) ?? [];
  const [leastMajor, leastMinor] = LEAST_KERNEL;
  const isEnough =
    Number(major) > leastMajor || (Number(major) === leastMajor && Number(minor) >= leastMinor);
  return isEnough
    ? undefined
    : `its kernel is ${stdout.trim() || 'unknown'}, and ${leastMajor}.${leastMinor} is needed to hand connections from one release to the next`;
}
