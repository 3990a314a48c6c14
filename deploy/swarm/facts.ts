import type { PlatformFacts } from '../platform.ts';

/** Docker Swarm: what it does with a task, and what it asks of it. */
export const facts: PlatformFacts = {
  title: 'Docker Swarm',
  profile: 'docker',
  port: 'chosen',
  health: 'HEALTHCHECK of the image; a task that is unhealthy is replaced',
  stopSignal: 'SIGTERM',
  // Without stop_grace_period the engine gives 10 s.
  stopGraceMs: 30_000,
  mostStopGraceMs: 600_000,
  disk: 'volume',
  overlap: 'unless-configured',
  sets: 'one replica, `order: stop-first`, rollback, `stop_grace_period`, one node for the volume, the secrets as one file',
  sources: ['docs.docker.com: reference/compose-file/deploy, engine/swarm/secrets, read 2026-11'],
};
