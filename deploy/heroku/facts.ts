import type { PlatformFacts } from '../platform.ts';
import { DOCKER_BUILDS } from '../shipping/docker.ts';
import type { Prerequisite, TargetFacts } from '../shipping/target.ts';

/** Heroku: what it does with a container, and what it asks of it. */
export const facts: PlatformFacts = {
  title: 'Heroku',
  profile: 'heroku',
  port: 'injected',
  bootLimitMs: 60_000,
  health: 'none: the port must be bound',
  stopSignal: 'SIGTERM',
  stopGraceMs: 30_000,
  disk: 'ephemeral',
  overlap: 'never',
  reservedVariables: /^(PORT|DYNO|HEROKU_.*)$/,
  sleeps: 'Eco dynos: after 30 minutes without requests',
  mostFirstByteMs: 30_000,
  edgeIdleMs: 55_000,
  // Dynos run images as a user of Heroku's, who may write little but /tmp; it is gone with the dyno wherever it lies.
  settings: { DATA_DIR: '/tmp/gatehouse' },
  sets: 'PostgreSQL for the messages, one dyno that never sleeps, `DATA_DIR` in `/tmp`; the login is lost at each restart',
  sources: [
    'devcenter.heroku.com: build-docker-images-heroku-yml, app-json-schema, dyno-shutdown-behavior, http-routing, container-registry-and-runtime, read 2026-11',
  ],
};

/** What Heroku rents, smallest first, of what does not sleep. */
export const DYNOS = [
  { size: 'standard-1x', memoryMb: 512 },
  { size: 'standard-2x', memoryMb: 1_024 },
  { size: 'performance-m', memoryMb: 2_560 },
  { size: 'performance-l', memoryMb: 14_336 },
] as const;

/** The smallest database that has no limit of rows and takes connections enough for the api. The add-on sets the variable itself. */
export const DATABASE = { plan: 'heroku-postgresql:essential-0', as: 'DATABASE' };
export const DATABASE_VARIABLE = 'DATABASE_URL';

export const prerequisites: readonly Prerequisite[] = [
  {
    what: 'somebody is logged in at Heroku, with its command line',
    command: { argv: ['heroku', 'auth:whoami'] },
    remedy:
      'install it (https://devcenter.heroku.com/articles/heroku-cli), then run heroku login, or set HEROKU_API_KEY',
  },
  DOCKER_BUILDS,
];

export const targetFacts: TargetFacts = {
  ships: 'an image built here, pushed to Heroku and released as the one web dyno',
  waits: '`/health` by the name of the release',
  rollsBack: '`heroku rollback` to the release before; its variables come back with it',
  secrets: '`heroku config:set`, by argument, since it takes them in no other way; only what has changed',
  testedWith: 'against stand-ins for its command line',
};
