import type { PlatformFacts } from '../platform.ts';
import { READY_PATH } from '../rendering/health-paths.ts';
import type { Prerequisite, TargetFacts } from '../shipping/target.ts';

/** The platform's own default for a health check; a cold start with a migration of a large database takes minutes. */
export const HEALTH_TIMEOUT_S = 300;

/** Railway: what it does with a container, and what it asks of it. */
export const facts: PlatformFacts = {
  title: 'Railway',
  profile: 'railway',
  port: 'injected',
  bootLimitMs: HEALTH_TIMEOUT_S * 1_000,
  health: 'exactly 200, from the Host healthcheck.railway.app, at a deploy only; never again later',
  stopSignal: 'SIGTERM',
  // Without RAILWAY_DEPLOYMENT_DRAINING_SECONDS Railway gives 0 s.
  stopGraceMs: 30_000,
  mostStopGraceMs: Number.POSITIVE_INFINITY,
  disk: 'volume',
  overlap: 'unless-volume',
  reservedVariables: /^RAILWAY_(DEPLOYMENT_|ENVIRONMENT|RUN_UID$|HEALTHCHECK_)/,
  sleeps: 'Serverless: after 10 minutes without outbound packets',
  sets: `drain seconds (0 unless set), overlap 0, health \`${READY_PATH}\`, volume, restart always, Serverless off, root for the volume`,
  sources: [
    'docs.railway.com: deployments/healthchecks, deployments/deployment-teardown, deployments/serverless, volumes/reference, variables/reference, infrastructure-as-code/reference, read 2026-11',
    'types of railway/iac, npm railway 3.11.0, read 2026-11',
  ],
};

/** The first command line that reads `.railway/railway.ts` as it is rendered. */
export const LEAST_VERSION = [5, 42, 1] as const;
/** The last day on which Railway reads railway.json and railway.toml, which `.railway/railway.ts` replaces. */
export const OLD_FILES_END = '2026-12-01';
/** The command line has no rollback of its own. Source: docs.railway.com/integrations/api/manage-deployments. */
export const ROLL_BACK = 'mutation deploymentRollback($id: String!) { deploymentRollback(id: $id) }';

export const prerequisites: readonly Prerequisite[] = [
  {
    what: 'the command line of Railway is there',
    command: { argv: ['railway', '--version'] },
    remedy: 'install it (https://docs.railway.com/cli), or bring it up to date: railway upgrade',
    judge: ({ stdout }) => judgeVersion(stdout),
  },
  {
    what: 'somebody is logged in at Railway',
    command: { argv: ['railway', 'whoami'] },
    remedy: 'run railway login, or set RAILWAY_TOKEN to a token of the project',
  },
  {
    what: 'this folder is linked to a project',
    command: { argv: ['railway', 'status', '--json'] },
    remedy: 'run railway init for a new project, or railway link for one that is there',
  },
  {
    what: "Railway's package for .railway/railway.ts is there",
    command: { argv: ['npm', 'ls', 'railway', '--depth=0'] },
    remedy: 'run npm install --no-save railway',
  },
];

export const targetFacts: TargetFacts = {
  ships: '`.railway/railway.ts` applied, then this folder, uploaded and built by Railway',
  waits: 'until it is built, then `/health` by the name of the release',
  rollsBack: "Railway's own rollback, by its API: image and variables of the deployment before",
  secrets: '`railway variable set --stdin`, only what has changed',
  testedWith: 'against stand-ins for its command line',
};

function judgeVersion(stdout: string): string | undefined {
  const found = /(\d+)\.(\d+)\.(\d+)/.exec(stdout)?.slice(1).map(Number) ?? [];
  const difference = LEAST_VERSION.map((least, place) => (found[place] ?? 0) - least).find((by) => by !== 0);
  return (difference ?? 0) >= 0
    ? undefined
    : `it is ${stdout.trim() || 'of no version'}, and ${LEAST_VERSION.join('.')} is needed`;
}
