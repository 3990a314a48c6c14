import type { FormatName } from './formats.ts';
import { defaultDrainMs, type ProfileName, profileNames, profiles } from './profiles.ts';
import { declaredPorts, type PortName } from './topology.ts';

/** A setting: its manual, its variable and what it may be. `.env.example` and the README's table are rendered from it. */
export interface Setting<T> {
  readonly doc: string;
  readonly env: string;
  /** Older or wider names that count when `env` is unset, in order. */
  readonly fallbacks?: readonly string[];
  readonly format: FormatName | string[];
  readonly default: T;
  /** The default of a profile, where it differs. */
  readonly profileDefault?: (profile: ProfileName) => T;
  readonly sensitive?: boolean;
  /** Groups the table and `.env.example`. */
  readonly group: string;
}

/** The settled configuration: what every process of the kit works with. */
export interface Config {
  profile: ProfileName;
  ports: Record<PortName, number>;
  portAuto: boolean;
  gate: {
    kind: string;
    host: string;
    trustedProxyHops: number;
    maxHeaderBytes: number;
    maxBodyBytes: number;
    maxConnections: number;
    headerTimeoutMs: number;
    idleTimeoutMs: number;
    upstreamTimeoutMs: number;
    holdMs: number;
  };
  apiKeys: string[];
  internal: { host: string; apiHost: string; bridgeHost: string; secret: string };
  whatsapp: string;
  session: {
    name: string;
    folder: string;
    browserPath: string;
    initTimeoutMs: number;
    readyTimeoutMs: number;
    callTimeoutMs: number;
    sendTimeoutMs: number;
    sendWaitMs: number;
  };
  sandbox: { allowed: boolean; autoLink: boolean };
  dataDir: string;
  stop: { drainMs: number; graceMs: number };
  restart: {
    limit: number;
    backoffMs: number;
    backoffMaxMs: number;
    stableMs: number;
    readyTimeoutMs: number;
  };
  log: { level: string; format: string };
}

type SettingsOf<T> = {
  readonly [K in keyof T]: T[K] extends string | number | boolean | string[]
    ? Setting<T[K]>
    : SettingsOf<T[K]>;
};

/** The public port where the platform names none. */
const DEPLOYED_PORT = 8080;

const GATE = 'Gate';
const WHATSAPP = 'WhatsApp';
const RUNNING = 'Running';

/** Every setting of the kit. The ports come from the topology. */
export const schema: SettingsOf<Config> = {
  profile: {
    doc: `Where the kit runs; chooses defaults. Detected from the platform's own variables, else local. One of ${profileNames.join(', ')}.`,
    env: 'GATEHOUSE_PROFILE',
    format: profileNames,
    default: 'local',
    group: RUNNING,
  },
  ports: portSettings(),
  portAuto: {
    doc: 'An internal port that nobody set and that is busy moves to the next free one, and everyone who needs it is told. PORT never moves.',
    env: 'PORT_AUTO',
    format: 'flag',
    default: true,
    // Heroku hands out any port, so a default of ours may collide with PORT there.
    profileDefault: (profile) => profile === 'local' || profile === 'heroku',
    group: 'Ports',
  },
  gate: {
    kind: { doc: 'Which gate fronts PORT.', env: 'GATE', format: ['node'], default: 'node', group: GATE },
    host: {
      doc: 'The address the gate binds. Anything but loopback needs API_KEYS.',
      env: 'GATE_HOST',
      format: 'host',
      default: '127.0.0.1',
      profileDefault: (profile) => (profile === 'local' ? '127.0.0.1' : '0.0.0.0'),
      group: GATE,
    },
    trustedProxyHops: {
      doc: 'How many proxies stand before the gate whose X-Forwarded-* and X-Request-Id are believed; 0 believes nobody.',
      env: 'TRUSTED_PROXY_HOPS',
      format: 'count',
      default: 0,
      profileDefault: (profile) => profiles[profile].trustedProxyHops,
      group: GATE,
    },
    maxHeaderBytes: {
      doc: 'Largest request header block.',
      env: 'GATE_MAX_HEADER_BYTES',
      format: 'bytes',
      default: 32 * 1024,
      group: GATE,
    },
    maxBodyBytes: {
      doc: 'Largest request body.',
      env: 'GATE_MAX_BODY_BYTES',
      format: 'bytes',
      default: 16 * 1024 ** 2,
      group: GATE,
    },
    maxConnections: {
      doc: 'Most client connections at once.',
      env: 'GATE_MAX_CONNECTIONS',
      format: 'count',
      default: 10_000,
      group: GATE,
    },
    headerTimeoutMs: {
      doc: 'Longest a client may take to send its headers.',
      env: 'GATE_HEADER_TIMEOUT_MS',
      format: 'milliseconds',
      default: 15_000,
      group: GATE,
    },
    idleTimeoutMs: {
      doc: 'Longest silence of a client in the middle of a body.',
      env: 'GATE_IDLE_TIMEOUT_MS',
      format: 'milliseconds',
      default: 60_000,
      group: GATE,
    },
    upstreamTimeoutMs: {
      doc: 'Longest a service may take to begin its answer.',
      env: 'GATE_UPSTREAM_TIMEOUT_MS',
      format: 'milliseconds',
      default: 60_000,
      group: GATE,
    },
    holdMs: {
      doc: 'Longest the gate holds a request while its service restarts.',
      env: 'GATE_HOLD_MS',
      format: 'milliseconds',
      default: 5_000,
      group: GATE,
    },
  },
  apiKeys: {
    doc: 'Keys that open the api, separated by commas, each at least 24 characters (openssl rand -hex 24). Needed as soon as the gate binds more than loopback.',
    env: 'API_KEYS',
    format: 'api-keys',
    default: [],
    sensitive: true,
    group: 'Access',
  },
  internal: {
    host: {
      doc: 'The address that everything but the gate binds.',
      env: 'INTERNAL_HOST',
      format: 'host',
      default: '127.0.0.1',
      profileDefault: (profile) => (profiles[profile].spansHosts ? '0.0.0.0' : '127.0.0.1'),
      group: 'Access',
    },
    apiHost: {
      doc: 'Where the api is reached.',
      env: 'API_HOST',
      format: 'host',
      default: '127.0.0.1',
      profileDefault: hostOf('api'),
      group: 'Access',
    },
    bridgeHost: {
      doc: 'Where the bridge is reached.',
      env: 'BRIDGE_HOST',
      format: 'host',
      default: '127.0.0.1',
      profileDefault: hostOf('bridge'),
      group: 'Access',
    },
    secret: {
      doc: 'Shared by the services of the kit for calls among themselves. Made anew at every boot; set it only where the services run on hosts of their own.',
      env: 'INTERNAL_SECRET',
      format: 'boot-secret',
      default: '',
      sensitive: true,
      group: 'Access',
    },
  },
  whatsapp: {
    doc: 'The real WhatsApp, or the stand-in of the sandbox.',
    env: 'WHATSAPP',
    format: ['real', 'sandbox'],
    default: 'real',
    group: WHATSAPP,
  },
  session: {
    name: {
      doc: 'Name of the WhatsApp login; its profile lies in a folder of this name.',
      env: 'SESSION_NAME',
      format: 'name',
      default: 'default',
      group: WHATSAPP,
    },
    folder: {
      doc: 'Where the browser profiles lie; DATA_DIR/sessions when unset. Must outlive a deploy, or the phone must be linked again.',
      env: 'SESSIONS_DIR',
      format: 'path',
      default: '',
      group: WHATSAPP,
    },
    browserPath: {
      doc: 'Chromium or Chrome; found by itself when unset.',
      env: 'PUPPETEER_EXECUTABLE_PATH',
      format: 'path',
      default: '',
      group: WHATSAPP,
    },
    initTimeoutMs: {
      doc: 'Longest the browser and the page may take to start.',
      env: 'BRIDGE_INIT_TIMEOUT_MS',
      format: 'milliseconds',
      default: 90_000,
      group: WHATSAPP,
    },
    readyTimeoutMs: {
      doc: 'Longest from being logged in to being ready.',
      env: 'BRIDGE_READY_TIMEOUT_MS',
      format: 'milliseconds',
      default: 120_000,
      group: WHATSAPP,
    },
    callTimeoutMs: {
      doc: 'Longest a call into the page may take.',
      env: 'BRIDGE_CALL_TIMEOUT_MS',
      format: 'milliseconds',
      default: 20_000,
      group: WHATSAPP,
    },
    sendTimeoutMs: {
      doc: 'Longest the page may take over one message; then the outcome counts as unknown.',
      env: 'SEND_TIMEOUT_MS',
      format: 'milliseconds',
      default: 30_000,
      group: WHATSAPP,
    },
    sendWaitMs: {
      doc: "Longest a send waits for the acknowledgement of WhatsApp's server before it answers 202.",
      env: 'SEND_WAIT_MS',
      format: 'milliseconds',
      default: 10_000,
      group: WHATSAPP,
    },
  },
  sandbox: {
    allowed: {
      doc: 'Lets the sandbox run outside the local profile, where it also needs API_KEYS.',
      env: 'SANDBOX_ALLOWED',
      format: 'flag',
      default: false,
      group: 'Sandbox',
    },
    autoLink: {
      doc: 'The phone of the sandbox scans the QR code by itself.',
      env: 'SANDBOX_AUTO_LINK',
      format: 'flag',
      default: false,
      group: 'Sandbox',
    },
  },
  dataDir: {
    doc: 'Everything that must outlive a restart. Put it on a volume.',
    env: 'DATA_DIR',
    format: 'path',
    default: './data',
    profileDefault: (profile) => (profile === 'local' ? './data' : '/data'),
    group: RUNNING,
  },
  stop: {
    drainMs: {
      doc: 'Longest from the stop signal to the end; what is left is then killed.',
      env: 'DRAIN_MS',
      format: 'milliseconds',
      default: defaultDrainMs('local'),
      profileDefault: defaultDrainMs,
      group: RUNNING,
    },
    graceMs: {
      doc: 'What the platform grants from the stop signal to SIGKILL; DRAIN_MS must be shorter.',
      env: 'STOP_GRACE_MS',
      format: 'milliseconds',
      default: profiles.local.stopGraceMs,
      profileDefault: (profile) => profiles[profile].stopGraceMs,
      group: RUNNING,
    },
  },
  restart: {
    limit: {
      doc: 'Quick failures in a row after which a service counts as failed.',
      env: 'RESTART_LIMIT',
      format: 'count',
      default: 6,
      group: RUNNING,
    },
    backoffMs: {
      doc: 'Wait before the second restart in a row; the first is at once, each further one waits twice as long.',
      env: 'RESTART_BACKOFF_MS',
      format: 'milliseconds',
      default: 250,
      group: RUNNING,
    },
    backoffMaxMs: {
      doc: 'Longest wait between restarts.',
      env: 'RESTART_BACKOFF_MAX_MS',
      format: 'milliseconds',
      default: 30_000,
      group: RUNNING,
    },
    stableMs: {
      doc: 'A run that lasted this long is no quick failure.',
      env: 'RESTART_STABLE_MS',
      format: 'milliseconds',
      default: 5_000,
      group: RUNNING,
    },
    readyTimeoutMs: {
      doc: 'Longest a service may take to become ready before it is started anew.',
      env: 'START_TIMEOUT_MS',
      format: 'milliseconds',
      default: 60_000,
      group: RUNNING,
    },
  },
  log: {
    level: {
      doc: 'Least severity that is logged.',
      env: 'LOG_LEVEL',
      format: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      default: 'info',
      group: RUNNING,
    },
    format: {
      doc: 'auto is pretty on a terminal and JSON otherwise.',
      env: 'LOG_FORMAT',
      format: ['auto', 'pretty', 'json'],
      default: 'auto',
      group: RUNNING,
    },
  },
};

/** A setting with its place in the schema, such as `gate.host`. */
export interface PlacedSetting {
  readonly path: string;
  readonly setting: Setting<unknown>;
}

/** All settings, in the order of the schema. */
export function listSettings(): PlacedSetting[] {
  return [...walk(schema, '')];
}

function* walk(node: object, prefix: string): Generator<PlacedSetting> {
  for (const [key, value] of Object.entries(node)) {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    if (isSetting(value)) yield { path, setting: value };
    else yield* walk(value, path);
  }
}

function isSetting(value: unknown): value is Setting<unknown> {
  return typeof value === 'object' && value !== null && 'env' in value && 'format' in value;
}

function portSettings(): Record<PortName, Setting<number>> {
  const settings: Partial<Record<PortName, Setting<number>>> = {};
  for (const { name, port, isPublic } of declaredPorts()) {
    const { env, fallbacks = [], doc } = port;
    settings[name] = {
      doc,
      env,
      fallbacks,
      format: 'tcp-port',
      default: port.default,
      ...(isPublic
        ? { profileDefault: (profile) => (profile === 'local' ? port.default : DEPLOYED_PORT) }
        : {}),
      group: 'Ports',
    };
  }
  if (!isComplete(settings)) throw new Error('a port of the topology has no setting');
  return settings;
}

function isComplete<T>(ports: Partial<Record<PortName, T>>): ports is Record<PortName, T> {
  return declaredPorts().every(({ name }) => ports[name] !== undefined);
}

/** On platforms that span hosts a service is reached by its name. */
function hostOf(name: string): (profile: ProfileName) => string {
  return (profile) => (profiles[profile].spansHosts ? name : '127.0.0.1');
}
