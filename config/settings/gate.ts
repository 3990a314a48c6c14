import { profiles } from '../profiles.ts';
import { setting } from '../setting.ts';

const GATE = 'Gate';

/** The gate: where it listens, whom it believes, what it allows. */
export const gateSettings = {
  gate: {
    kind: setting({
      doc: 'Which gate fronts PORT: the one in TypeScript, or an nginx that is configured to the same contract.',
      env: 'GATE',
      format: ['node', 'nginx'],
      default: 'node',
      group: GATE,
    }),
    nginxPath: setting({
      doc: 'The nginx of GATE=nginx; empty: the one on the PATH.',
      env: 'NGINX_PATH',
      format: 'path',
      default: '',
      group: GATE,
    }),
    host: setting({
      doc: 'The address the gate binds. Anything but loopback needs API_KEYS.',
      env: 'GATE_HOST',
      format: 'host',
      default: '127.0.0.1',
      profileDefault: (profile) => (profile === 'local' ? '127.0.0.1' : '0.0.0.0'),
      group: GATE,
    }),
    trustedProxyHops: setting({
      doc: 'How many proxies stand before the gate whose X-Forwarded-* and X-Request-Id are believed; 0 believes nobody.',
      env: 'TRUSTED_PROXY_HOPS',
      format: 'count',
      default: 0,
      profileDefault: (profile) => profiles[profile].trustedProxyHops,
      group: GATE,
    }),
    maxHeaderBytes: setting({
      doc: 'Largest request header block.',
      env: 'GATE_MAX_HEADER_BYTES',
      format: 'header-bytes',
      default: 32 * 1024,
      group: GATE,
    }),
    maxBodyBytes: setting({
      doc: 'Largest request body; uploads of media may have MEDIA_MAX_BYTES after all.',
      env: 'GATE_MAX_BODY_BYTES',
      format: 'bytes',
      default: 16 * 1024 ** 2,
      group: GATE,
    }),
    spoolBytes: setting({
      doc: 'Most bytes of bodies that wait in TMPDIR for services of your own, never on the volume of DATA_DIR; one client may have a quarter. Only GATE=nginx.',
      env: 'GATE_SPOOL_BYTES',
      format: 'bytes',
      default: 1024 ** 3,
      group: GATE,
    }),
    maxConnections: setting({
      doc: 'Most client connections at once.',
      env: 'GATE_MAX_CONNECTIONS',
      format: 'limit',
      default: 10_000,
      group: GATE,
    }),
    clientRatePerSecond: setting({
      doc: 'Requests a second that one client address (IPv6: its /64) may send on average; above it, 429. 0 is no limit.',
      env: 'GATE_CLIENT_RATE',
      format: 'count',
      default: 0,
      profileDefault: (profile) => (profile === 'local' ? 0 : 100),
      group: GATE,
    }),
    clientBurst: setting({
      doc: 'Requests that one client may send at once before GATE_CLIENT_RATE holds it back.',
      env: 'GATE_CLIENT_BURST',
      format: 'limit',
      default: 200,
      group: GATE,
    }),
    clientConcurrency: setting({
      doc: 'Most requests of one client under way at once, open WebSockets and event streams among them; above it, 429. 0 is no limit.',
      env: 'GATE_CLIENT_CONCURRENCY',
      format: 'count',
      default: 0,
      profileDefault: (profile) => (profile === 'local' ? 0 : 256),
      group: GATE,
    }),
    headerTimeoutMs: setting({
      doc: 'Longest a client may take to send its headers.',
      env: 'GATE_HEADER_TIMEOUT_MS',
      format: 'time-limit',
      default: 15_000,
      group: GATE,
    }),
    idleTimeoutMs: setting({
      doc: 'Longest silence in the middle of a body, of a client or of a service; longer than the 25 s between the pings of an event stream.',
      env: 'GATE_IDLE_TIMEOUT_MS',
      format: 'time-limit',
      default: 60_000,
      group: GATE,
    }),
    minBodyBytesPerSecond: setting({
      doc: 'Slowest a client may send a body, or take an answer that waits for it, in bytes a second over GATE_IDLE_TIMEOUT_MS; 0 is no limit. Only GATE=node.',
      env: 'GATE_MIN_BODY_RATE',
      format: 'count',
      default: 128,
      group: GATE,
    }),
    pingMs: setting({
      doc: 'Silence of a WebSocket after which the gate pings the client, lest a platform or a router cut it off; 0 never. Only GATE=node.',
      env: 'GATE_WS_PING_MS',
      format: 'milliseconds',
      default: 30_000,
      group: GATE,
    }),
    upstreamTimeoutMs: setting({
      doc: 'Longest a service may take to begin its answer.',
      env: 'GATE_UPSTREAM_TIMEOUT_MS',
      format: 'time-limit',
      default: 60_000,
      group: GATE,
    }),
    holdMs: setting({
      doc: 'Longest the gate holds a request while its service restarts.',
      env: 'GATE_HOLD_MS',
      format: 'milliseconds',
      default: 5_000,
      group: GATE,
    }),
  },
};
