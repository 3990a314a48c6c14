import { defaultDrainMs, profileNames, profiles } from '../profiles.ts';
import { setting } from '../setting.ts';

const RUNNING = 'Running';

/** Where the kit runs. */
export const profileSettings = {
  profile: setting({
    doc: `Where the kit runs; chooses defaults. Detected from the platform's own variables, else local. One of ${profileNames.join(', ')}.`,
    env: 'GATEHOUSE_PROFILE',
    format: profileNames,
    default: 'local',
    group: RUNNING,
  }),
};

/** How the kit starts, stops and tells. */
export const runningSettings = {
  dataDir: setting({
    doc: 'Everything that must outlive a restart. Put it on a volume.',
    env: 'DATA_DIR',
    format: 'path',
    default: './data',
    profileDefault: (profile) => (profile === 'local' ? './data' : '/data'),
    group: RUNNING,
  }),

  release: setting({
    doc: 'What runs, by a name of yours: /health/live and /health show it. Deploys set it.',
    env: 'RELEASE',
    // Render builds commits, and tells which.
    fallbacks: ['RENDER_GIT_COMMIT'],
    format: 'label',
    default: '',
    group: RUNNING,
  }),

  takeOver: setting({
    doc: 'A second kit on the same DATA_DIR opens PORT beside the first, and takes over when that one has ended: a deploy without a gap. Deploys set it.',
    env: 'TAKE_OVER',
    format: 'flag',
    default: false,
    group: RUNNING,
  }),

  /** How long a stop may take. */
  stop: {
    drainMs: setting({
      doc: 'Longest from the stop signal to the end; what is left is then killed.',
      env: 'DRAIN_MS',
      format: 'milliseconds',
      default: defaultDrainMs('local'),
      profileDefault: defaultDrainMs,
      group: RUNNING,
    }),
    graceMs: setting({
      doc: 'What the platform grants from the stop signal to SIGKILL; DRAIN_MS must be shorter.',
      env: 'STOP_GRACE_MS',
      format: 'time-limit',
      default: profiles.local.stopGraceMs,
      profileDefault: (profile) => profiles[profile].stopGraceMs,
      group: RUNNING,
    }),
  },

  /** What follows when a service ends by itself. */
  restart: {
    limit: setting({
      doc: 'Quick failures in a row after which a service counts as failed.',
      env: 'RESTART_LIMIT',
      format: 'limit',
      default: 6,
      group: RUNNING,
    }),
    backoffMs: setting({
      doc: 'Wait before the second restart in a row; the first is at once, each further one waits twice as long.',
      env: 'RESTART_BACKOFF_MS',
      format: 'milliseconds',
      default: 250,
      group: RUNNING,
    }),
    backoffMaxMs: setting({
      doc: 'Longest wait between restarts.',
      env: 'RESTART_BACKOFF_MAX_MS',
      format: 'time-limit',
      default: 30_000,
      group: RUNNING,
    }),
    stableMs: setting({
      doc: 'A run that lasted this long is no quick failure.',
      env: 'RESTART_STABLE_MS',
      format: 'milliseconds',
      default: 5_000,
      group: RUNNING,
    }),
    readyTimeoutMs: setting({
      doc: 'Longest a service may take to become ready before it is started anew.',
      env: 'START_TIMEOUT_MS',
      format: 'time-limit',
      default: 60_000,
      group: RUNNING,
    }),
  },

  log: {
    level: setting({
      doc: 'Least severity that is logged.',
      env: 'LOG_LEVEL',
      format: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      default: 'info',
      group: RUNNING,
    }),
    format: setting({
      doc: 'auto is pretty on a terminal and JSON otherwise.',
      env: 'LOG_FORMAT',
      format: ['auto', 'pretty', 'json'],
      default: 'auto',
      group: RUNNING,
    }),
  },
};
