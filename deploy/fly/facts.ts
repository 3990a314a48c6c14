import type { PlatformFacts } from '../platform.ts';
import { LIVE_PATH } from '../rendering/health-paths.ts';
import type { Prerequisite, TargetFacts } from '../shipping/target.ts';

/** Fly.io: what it does with a container, and what it asks of it. */
export const facts: PlatformFacts = {
  title: 'Fly.io',
  profile: 'fly',
  port: 'chosen',
  bootLimitMs: 300_000,
  health: '2xx only, no redirect; a failing check unroutes and never restarts',
  stopSignal: 'SIGINT',
  // Without kill_timeout Fly gives 5 s, in which the gate cannot drain and the browser cannot write its profile.
  stopGraceMs: 30_000,
  mostStopGraceMs: 300_000,
  disk: 'volume',
  overlap: 'unless-volume',
  reservedVariables: /^FLY_/,
  sleeps: 'auto_stop_machines: when there are no requests',
  sets: `\`PORT\`, SIGTERM, \`kill_timeout\` 30 s and the kit's drain with it, health \`${LIVE_PATH}\`, volume, rolling, no auto stop`,
  sources: [
    'fly.io/docs: reference/configuration, reference/health-checks, volumes/overview, read 2026-11 (superfly/docs 5c22c8c)',
    'github.com/superfly/flyctl internal/appconfig/config.go, read 2026-11',
  ],
};

/** The sizes of a shared Machine, the memory per CPU that it may have at most, and the step of memory. Source: fly.io/docs/about/pricing. */
export const SHARED_CPUS = [1, 2, 4, 8] as const;
export const MOST_MB_PER_CPU = 2_048;
export const MEMORY_STEP_MB = 256;

export const prerequisites: readonly Prerequisite[] = [
  {
    what: 'the command line of Fly.io is there',
    command: { argv: ['fly', 'version'] },
    remedy: 'install it: https://fly.io/docs/flyctl/install',
  },
  {
    what: 'somebody is logged in at Fly.io',
    command: { argv: ['fly', 'auth', 'whoami'] },
    remedy: 'run fly auth login, or set FLY_API_TOKEN',
  },
];

export const targetFacts: TargetFacts = {
  ships: 'an image built by Fly, then its one Machine replaced with it',
  waits: "until Fly's checks pass, then `/health` by the name of the release",
  rollsBack: '`fly deploy --image` of the release before; settings and secrets stay as they are',
  secrets: '`fly secrets import`, by standard input',
  testedWith: 'against stand-ins for its command line',
};
