import type { FormatName } from './formats.ts';
import type { ProfileName } from './profiles.ts';
import type { PortName } from './topology.ts';

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
    nginxPath: string;
    host: string;
    trustedProxyHops: number;
    maxHeaderBytes: number;
    maxBodyBytes: number;
    maxConnections: number;
    clientRatePerSecond: number;
    clientBurst: number;
    clientConcurrency: number;
    minBodyBytesPerSecond: number;
    pingMs: number;
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
    uploadTimeoutMs: number;
    sendWaitMs: number;
  };
  sandbox: { allowed: boolean; autoLink: boolean };
  store: {
    databaseUrl: string;
    folder: string;
    eventsKeepDays: number;
    messagesKeepDays: number;
    maxBytes: number;
    spoolMaxBytes: number;
  };
  outbox: {
    ttlHours: number;
    maxWaiting: number;
    concurrency: number;
    retryMs: number;
    retryMaxMs: number;
    mediaMaxBytes: number;
    mediaTypes: string[];
    mediaFetchTimeoutMs: number;
    ackTimeoutMs: number;
  };
  pacing: {
    mode: string;
    gapMs: number;
    jitterMs: number;
    perMinute: number;
    firstContactsPerDay: number;
    parkMinutes: number;
  };
  webhooks: {
    most: number;
    timeoutMs: number;
    retryMs: number;
    retryHours: number;
    allowNetworks: string[];
  };
  dataDir: string;
  release: string;
  takeOver: boolean;
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

/** The schema's shape: a setting wherever the configuration has a value. */
export type SettingsOf<T> = {
  readonly [K in keyof T]: T[K] extends string | number | boolean | string[]
    ? Setting<T[K]>
    : SettingsOf<T[K]>;
};
