import type { PlatformFacts } from '../platform.ts';
import { LIVE_PATH } from '../rendering/health-paths.ts';
import type { Prerequisite, TargetFacts } from '../shipping/target.ts';

/** Render gives a deploy up after this long. Source: render.com/docs/health-checks. */
export const DEPLOY_LIMIT_MS = 15 * 60_000;

/** Render: what it does with a container, and what it asks of it. */
export const facts: PlatformFacts = {
  title: 'Render',
  profile: 'render',
  port: 'injected',
  bootLimitMs: DEPLOY_LIMIT_MS,
  health: '2xx or 3xx within 5 s; 15 s of failures unroute, 60 s restart',
  stopSignal: 'SIGTERM',
  stopGraceMs: 30_000,
  mostStopGraceMs: 300_000,
  disk: 'volume',
  overlap: 'unless-volume',
  reservedVariables: /^RENDER(_|$)/,
  sleeps: 'the free plan: after 15 minutes without requests',
  reservedPorts: [18_012, 18_013, 19_099],
  sets: `\`PORT\`, \`maxShutdownDelaySeconds\`, health \`${LIVE_PATH}\`, disk, one instance, a paid plan, no previews, no deploy without being told`,
  sources: [
    'render.com/docs: blueprint-spec, health-checks, disks, web-services, read 2026-11',
    'github.com/render-oss/skills 3f2aa30, 2026-08-18',
  ],
};

/** What Render sells, smallest first; the free one sleeps, and has no disk. */
export const PLANS = [
  { plan: 'starter', memoryMb: 512, cpus: 0.5 },
  { plan: 'standard', memoryMb: 2_048, cpus: 1 },
  { plan: 'pro', memoryMb: 4_096, cpus: 2 },
  { plan: 'pro plus', memoryMb: 8_192, cpus: 4 },
  { plan: 'pro max', memoryMb: 16_384, cpus: 4 },
  { plan: 'pro ultra', memoryMb: 32_768, cpus: 8 },
] as const;

/** Paths that a disk must not be mounted on. Source: render.com/docs/disks. */
export const FORBIDDEN_MOUNTS: readonly string[] = [
  '/',
  '/opt',
  '/opt/render',
  '/opt/render/project',
  '/opt/render/project/src',
  '/etc',
  '/home',
];

export const prerequisites: readonly Prerequisite[] = [
  {
    what: 'somebody is logged in at Render, with its command line',
    command: { argv: ['render', 'whoami', '--output', 'json'] },
    remedy:
      'install it (https://render.com/docs/cli), then run render login and render workspace set, or set RENDER_API_KEY',
  },
  {
    what: 'the checkout is what its commit says, since Render builds the commit',
    command: { argv: ['git', 'status', '--porcelain'] },
    remedy: 'commit what has changed, or stash it',
    judge: ({ stdout }) => (stdout.trim() === '' ? undefined : 'files have changed since the last commit'),
  },
  {
    what: 'the commit is on the server that Render builds from',
    command: { argv: ['git', 'branch', '--remotes', '--contains', 'HEAD'] },
    remedy: 'push it: git push',
    judge: ({ stdout }) => (stdout.trim() === '' ? 'no branch of a remote has it' : undefined),
  },
];

export const targetFacts: TargetFacts = {
  ships: 'the pushed commit, built by Render; a release is a commit',
  waits: 'until Render says that it is live, then `/health` by the commit',
  rollsBack: 'the commit before is deployed again: it is built anew',
  secrets: 'in its dashboard, when the Blueprint is made',
  testedWith: 'against stand-ins for its command line',
};
