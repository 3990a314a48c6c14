import type { PlatformFacts } from '../platform.ts';
import { LIVE_PATH } from '../rendering/health-paths.ts';
import { DOCKER_BUILDS } from '../shipping/docker.ts';
import type { Prerequisite, TargetFacts } from '../shipping/target.ts';

/** The most that a startup probe may take. */
export const STARTUP_LIMIT_S = 240;

/** Google Cloud Run: what it does with a container, and what it asks of it. */
export const facts: PlatformFacts = {
  title: 'Google Cloud Run',
  profile: 'cloudrun',
  port: 'chosen',
  bootLimitMs: STARTUP_LIMIT_S * 1_000,
  health: '200 to 399; a failing startup or liveness probe restarts, repeated ones ever later',
  stopSignal: 'SIGTERM',
  stopGraceMs: 10_000,
  disk: 'memory',
  overlap: 'always',
  reservedVariables: /^(K_|X_GOOGLE_)/,
  sleeps: 'to zero, and CPU only during requests, unless set otherwise',
  mostBodyBytes: 32 * 1024 ** 2,
  sets: `exactly one instance, CPU always, gen2, both probes \`${LIVE_PATH}\`, PostgreSQL, \`DATA_DIR\` on an NFS share, an hour for WebSockets`,
  sources: [
    'cloud.google.com/run/docs: reference/yaml/v1, container-contract, configuring/healthchecks, configuring/request-timeout, configuring/cpu-allocation, tutorials/network-filesystems-filestore, quotas, read 2026-11',
  ],
};

/** The longest that a request may last, WebSockets included. */
export const MOST_REQUEST_S = 3_600;
/** The most requests that one instance takes at a time. */
export const MOST_CONCURRENCY = 1_000;
/** The sizes of CPU that is always there. */
export const CPUS: readonly number[] = [1, 2, 4, 8];
/** The most that one CPU may have. Source: cloud.google.com/run/docs/configuring/services/memory-limits. */
export const MOST_MB_PER_CPU = 4_096;

export const prerequisites: readonly Prerequisite[] = [
  {
    what: 'somebody is logged in at Google Cloud',
    command: { argv: ['gcloud', 'auth', 'list', '--filter=status:ACTIVE', '--format=value(account)'] },
    remedy: 'install gcloud (https://cloud.google.com/sdk/docs/install), then run gcloud auth login',
    judge: ({ stdout }) => (stdout.trim() === '' ? 'gcloud has no active account' : undefined),
  },
  DOCKER_BUILDS,
];

export const targetFacts: TargetFacts = {
  ships: 'an image built here and pushed to Artifact Registry, as a revision',
  waits: 'until the revision is ready, then `/health` by the name of the release',
  rollsBack: 'the traffic goes to the revision before',
  secrets: 'Secret Manager, by standard input; a new version only of what has changed',
  testedWith: 'against stand-ins for its command line',
};
