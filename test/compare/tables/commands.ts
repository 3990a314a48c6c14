/** One call of the command line. */
export interface CommandRow {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The call itself unless given. */
  readonly name?: string;
  /** Whether its output is JSON with volatile fields. */
  readonly isJson?: boolean;
  /** Whether its output has numbers that depend on the machine. */
  readonly isMeasured?: boolean;
  /** Whether no other command may run at the same time: it starts a browser or a kit. */
  readonly runsAlone?: boolean;
  /** Whether it needs free ports. */
  readonly hasPorts?: boolean;
}

const KEY = 'compare-key-one-that-is-long-enough';
const NAMES = [
  'start',
  'demo',
  'config',
  'render',
  'deploy',
  'rollback',
  'status',
  'logs',
  'destroy',
  'smoke',
  'doctor',
  'passkey',
  'account',
  'help',
  'version',
] as const;
const PROFILES = [
  'local',
  'docker',
  'railway',
  'render',
  'fly',
  'heroku',
  'cloudrun',
  'kubernetes',
  'custom',
] as const;
const TARGETS = [
  'compose',
  'railway',
  'render',
  'fly',
  'heroku',
  'cloudrun',
  'kubernetes',
  'systemd',
  'swarm',
  'nginx',
  'nothing',
] as const;
/** The variables by which a platform is known. */
const DETECTED: Readonly<Record<string, string>> = {
  RAILWAY_ENVIRONMENT_NAME: 'production',
  RENDER: 'true',
  FLY_APP_NAME: 'app',
  DYNO: 'web.1',
  K_SERVICE: 'service',
  KUBERNETES_SERVICE_HOST: '10.0.0.1',
  GATEHOUSE_IMAGE: '1',
};
const CHECK = ['config', '--check'] as const;
/** Environments for `config --check`, good and bad. */
const ENVIRONMENTS: readonly Readonly<Record<string, string>>[] = [
  {},
  { PORT: '9001', API_PORT: '9003' },
  { PORT: '80x', API_PORT: '0', CONTROL_PORT: '80.9', SANDBOX_PORT: '1e3', WHATSAPP_BRIDGE_PORT: '65536' },
  { PORT: '8003' },
  { BRIDGE_PORT: '9002' },
  { BRIDGE_PORT: '9002', WHATSAPP_BRIDGE_PORT: '9102' },
  { WHATSAPP_BRIGE_PORT: '8002' },
  { API_KEYS: 'short' },
  { API_KEYS: `${KEY},${KEY}` },
  { GATE_HOST: '0.0.0.0' },
  { GATE_HOST: '0.0.0.0', API_KEYS: KEY },
  { GATE_HOST: 'nowhere at all' },
  { API_HOST: '0.0.0.0' },
  { GATE: 'apache', LOG_LEVEL: 'loud', LOG_FORMAT: 'xml' },
  { GATE: 'nginx', NGINX_PATH: '/nothing' },
  { GATE: 'nginx' },
  { GATEHOUSE_PROFILE: 'nothing' },
  { GATEHOUSE_PROFILE: 'docker' },
  { GATEHOUSE_PROFILE: 'docker', API_KEYS: KEY },
  { GATEHOUSE_PROFILE: 'docker', API_KEYS: KEY, WHATSAPP: 'sandbox' },
  { GATEHOUSE_PROFILE: 'docker', API_KEYS: KEY, WHATSAPP: 'sandbox', SANDBOX_ALLOWED: 'true' },
  { GATEHOUSE_PROFILE: 'fly', API_KEYS: KEY, DRAIN_MS: '60000' },
  { GATEHOUSE_PROFILE: 'kubernetes', API_KEYS: KEY },
  { WHATSAPP: 'maybe', SESSION_NAME: 'A b' },
  { PORT_AUTO: 'yes', TAKE_OVER: '0', SANDBOX_AUTO_LINK: 'no' },
  { DATABASE_URL: 'mysql://x/y', OUTBOUND_ALLOW_NETWORKS: '10.0.0.0/33,x' },
  { DATABASE_URL: 'postgres://user:password@host:5432/name' },
  { OUTBOX_RETRY_MS: '5000', OUTBOX_RETRY_MAX_MS: '100' },
  { MEDIA_TYPES: 'image', TRUSTED_PROXY_HOPS: '-1', GATE_CLIENT_RATE: 'x' },
  { EVENTS_KEEP_DAYS: '0', MESSAGE_TTL_HOURS: '100000', SEND_WAIT_MS: '1.5' },
  { PORT: '' },
];

/** Every call whose output is compared. */
export const COMMANDS: readonly CommandRow[] = [
  { args: [] },
  { args: ['--help'] },
  ...NAMES.map((name) => ({ args: [name, '--help'] })),
  { args: ['version'] },
  { args: ['--version'] },
  { args: ['strat'] },
  { args: ['start', '--prot', '1'] },
  { args: ['start', '--check'] },
  { args: ['start', 'now'] },
  { args: ['demo', '--whatsapp', 'real'] },
  { args: ['config', 'now'] },
  { args: ['smoke'] },
  { args: ['smoke', 'ftp://x'] },
  { args: ['smoke', 'http://localhost', '--port', '1'] },
  { args: ['doctor', 'message'] },
  { args: ['doctor', 'message', 'a b'] },
  { args: ['doctor', 'ftp://x'] },
  { args: ['deploy', '--url', 'x'] },
  { args: ['render', '--check'] },
  { args: ['config'] },
  { args: ['config', '--json'], env: { API_KEYS: KEY, DATABASE_URL: 'postgres://user:password@host/name' } },
  { args: ['config', '--api-port', '9001', '--log-level', 'debug'] },
  ...PROFILES.map((profile) => ({ args: ['config'], env: { GATEHOUSE_PROFILE: profile, API_KEYS: KEY } })),
  ...Object.entries(DETECTED).map(([name, value]) => ({
    args: ['config'],
    env: { [name]: value, API_KEYS: KEY },
  })),
  ...ENVIRONMENTS.map((env) => ({ args: CHECK, env })),
  { args: ['start'], env: { PORT: '80x', GATE: 'apache' } },
  ...TARGETS.map((target) => ({ args: ['deploy', '--target', target, '--dry-run'], env: { API_KEYS: KEY } })),
  { args: ['deploy', '--dry-run'] },
  ...['rollback', 'status', 'logs', 'destroy'].flatMap((command) =>
    ['compose', 'fly', 'systemd', 'railway'].map((target) => ({
      args: [command, '--target', target, '--dry-run'],
    })),
  ),
  { args: ['doctor'], isMeasured: true, hasPorts: true, runsAlone: true },
  { args: ['doctor', '--json'], isMeasured: true, isJson: true, hasPorts: true, runsAlone: true },
  { args: ['doctor', 'http://127.0.0.1:1'], isMeasured: true },
  { args: ['smoke', 'http://127.0.0.1:1'], isMeasured: true },
  { args: ['smoke', 'http://127.0.0.1:1', '--json'], isMeasured: true, isJson: true },
  {
    args: ['demo', '--once'],
    name: 'gatehouse demo --once: exit code and what people read',
    env: { LOG_LEVEL: 'fatal' },
    isMeasured: true,
    hasPorts: true,
    runsAlone: true,
  },
];
