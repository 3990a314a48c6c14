/**
 * What runs, as data. One entry a service: its process, its port, its public routes, what it needs before it
 * starts, and how it is watched and stopped. The schema, the supervisor, the gate, the health page and the
 * documents are made from this list. To add a service, add an entry; `command` runs what is not Node.
 *
 * Everything needs the gate, because the public port must open first: platforms measure the time to it.
 * The order is that of stopping: first the gate, while all it calls still answers; then the bridge, whose last events
 * the api still takes; then the api; the sandbox, which plays WhatsApp, last.
 */
export const topology = [
  {
    name: 'gate',
    role: 'public-port',
    entry: 'services/gate/main.ts',
    port: { env: 'PORT', default: 8001, doc: 'The one public port. Never moves; platforms set it.' },
    exposure: 'public',
    readyPath: '/health/live',
    routes: [],
    needs: [],
    critical: true,
    stopGraceMs: 20_000,
    kit: true,
    // Whether there are keys at all decides who may come in; and a key in a path is masked in the log.
    secrets: ['INTERNAL_SECRET', 'API_KEYS'],
  },
  {
    name: 'bridge',
    role: 'whatsapp-session',
    entry: 'services/bridge/main.ts',
    port: {
      env: 'WHATSAPP_BRIDGE_PORT',
      fallbacks: ['BRIDGE_PORT'],
      default: 8002,
      doc: 'The WhatsApp bridge: whatsapp-web.js and its browser. Never reached from outside.',
    },
    host: { env: 'BRIDGE_HOST', doc: 'Where the bridge is reached.' },
    exposure: 'internal',
    readyPath: '/health',
    routes: [],
    needs: ['gate', 'sandbox'],
    critical: false,
    callers: ['api'],
    keeps: 'files',
    browser: true,
    stopGraceMs: 15_000,
    // The browser writes its profile when it closes; killed before, it may have to be linked again.
    leastStopMs: 4_000,
    kit: true,
    secrets: ['INTERNAL_SECRET'],
    // puppeteer makes a logger for each message of its protocol, and each would ask whether there is a terminal.
    provides: { bridge: { DEBUG_COLORS: 'no' } },
  },
  {
    name: 'api',
    role: 'messages',
    entry: 'services/api/main.ts',
    port: { env: 'API_PORT', default: 8003, doc: 'The api, behind the gate.' },
    host: { env: 'API_HOST', doc: 'Where the api is reached.' },
    exposure: 'routed',
    readyPath: '/internal/ready',
    routes: [
      { prefix: '/api', keyed: true },
      { prefix: '/api/whatsapp/media', exact: true, keyed: true, maxBody: 'MEDIA_MAX_BYTES' },
      // A tab at WhatsApp's origin has a one-time token instead of a key.
      { prefix: '/api/whatsapp/passkey', exact: true, maxBodyBytes: 16 * 1024 },
      { prefix: '/ws', upgrade: true },
    ],
    needs: ['gate'],
    callers: ['bridge'],
    keeps: 'database',
    critical: false,
    stopGraceMs: 15_000,
    kit: true,
    secrets: ['INTERNAL_SECRET', 'API_KEYS', 'DATABASE_URL'],
  },
  {
    name: 'sandbox',
    entry: 'services/sandbox/main.ts',
    port: { env: 'SANDBOX_PORT', default: 8004, doc: 'The phone page and control of the sandbox.' },
    extraPort: {
      name: 'sandboxWeb',
      env: 'SANDBOX_WEB_PORT',
      default: 8006,
      doc: 'The HTTPS stand-in for web.whatsapp.com that the sandbox shows to the browser.',
    },
    exposure: 'routed',
    readyPath: '/sandbox/api/health',
    routes: [{ prefix: '/sandbox' }],
    needs: ['gate'],
    keeps: 'files',
    browser: true,
    critical: false,
    stopGraceMs: 3_000,
    kit: true,
    secrets: ['INTERNAL_SECRET', 'API_KEYS'],
    when: { setting: 'whatsapp', is: 'sandbox' },
    provides: {
      bridge: {
        PUPPETEER_EXECUTABLE_PATH: '{DATA_DIR}/sandbox/browser',
        SESSIONS_DIR: '{DATA_DIR}/sandbox/sessions',
        STORE_DIR: '{DATA_DIR}/sandbox',
      },
      // What was meant for the stand-in must never go to real people.
      api: { STORE_DIR: '{DATA_DIR}/sandbox' },
    },
  },
] as const satisfies readonly ServiceDeclaration[];

/** The supervisor's own port: the health tree. The gate routes exactly `/health` to it and nothing else. */
export const control = {
  name: 'supervisor',
  port: { env: 'CONTROL_PORT', default: 8005, doc: 'The control server of the supervisor: the health tree.' },
  routes: [{ prefix: '/health', exact: true }],
} as const;

/** Refused by name at the gate, whatever the case, although no route leads there anyway. */
export const deniedPrefixes = ['/internal', '/bridge', '/control'] as const;

export interface RouteDeclaration {
  /** A path prefix on a segment boundary: `/api` means `/api` and `/api/…`. */
  readonly prefix: string;
  /** Only the path itself, nothing below it. */
  readonly exact?: boolean;
  /** WebSocket upgrades may pass. */
  readonly upgrade?: boolean;
  /** The setting of a body's limit here, where that is larger than GATE_MAX_BODY_BYTES. */
  readonly maxBody?: 'MEDIA_MAX_BYTES';
  /** Instead of GATE_MAX_BODY_BYTES. */
  readonly maxBodyBytes?: number;
  /** Only for holders of an API key: a gate asks the service for its admission before the gate reads a body. */
  readonly keyed?: boolean;
}

export interface PortDeclaration {
  readonly env: string;
  readonly fallbacks?: readonly string[];
  readonly default: number;
  readonly doc: string;
}

/** The host of a service, as a setting: where services have hosts of their own, it may differ from the service's name. */
export interface HostDeclaration {
  readonly env: string;
  readonly doc: string;
}

/**
 * What the kit needs a service for.
 *
 * - `public-port`: owns PORT and fronts all other services; answers its ready path without them.
 * - `messages`: keeps what is accepted. The kit takes work while it is ready; its ready path reports the storage. Where
 *   services have hosts of their own, it answers `/health`.
 * - `whatsapp-session`: holds a WhatsApp login and its browser; its ready path reports whether WhatsApp is ready.
 */
export const SERVICE_ROLES = ['public-port', 'messages', 'whatsapp-session'] as const;
export type ServiceRole = (typeof SERVICE_ROLES)[number];

export interface ServiceDeclaration {
  readonly name: string;
  /** What the kit needs it for; each role has one service. */
  readonly role?: ServiceRole;
  /** A TypeScript file, from the root of the kit, run by this Node. */
  readonly entry?: string;
  /** Instead of `entry`: a program and its arguments. It finds its port in `PORT`, its host in `HOST`. */
  readonly command?: readonly string[];
  readonly port: PortDeclaration;
  readonly extraPort?: PortDeclaration & { readonly name: string };
  /** Where the other services of the kit call it, unless on this machine. */
  readonly host?: HostDeclaration;
  /** `public` owns `PORT`; `routed` is reached through the gate by `routes`; `internal` is not reached from outside. */
  readonly exposure: 'public' | 'routed' | 'internal';
  readonly routes: readonly RouteDeclaration[];
  /** Answers 200 as soon as the service takes work. */
  readonly readyPath: string;
  /** Services that must be ready before this one starts; those that are switched off do not count. */
  readonly needs: readonly string[];
  /** Services that call it, beside the gate: where services have hosts of their own, nobody else can reach it. */
  readonly callers?: readonly string[];
  /**
   * What must outlive it, so that never two of it run: `files` in DATA_DIR, or a `database` that lies there unless
   * DATABASE_URL names another. Of a service that keeps nothing there may be several.
   */
  readonly keeps?: 'files' | 'database';
  /** It starts a browser, and so needs the image that has one. */
  readonly browser?: boolean;
  /** The kit is of no use without it: its crash loop ends the whole kit with exit code 1. */
  readonly critical: boolean;
  /** The longest this service may take to stop, within the drain budget of the kit. */
  readonly stopGraceMs: number;
  /** What it needs of the drain budget at least, however long those before it take. */
  readonly leastStopMs?: number;
  /** Part of the kit: it gets the boot secret, and stops by message rather than by signal. */
  readonly kit: boolean;
  /** The secrets of the kit that it uses, by variable: it gets no other. Only of a part of the kit. */
  readonly secrets?: readonly string[];
  /** Runs only when a setting has this value. */
  readonly when?: { readonly setting: 'whatsapp'; readonly is: string };
  /** Variables this service sets for others; `{DATA_DIR}` is filled in. */
  readonly provides?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export type ServiceName = (typeof topology)[number]['name'];

/** Every port of the kit, by the service that listens there. */
export type PortName =
  | ServiceName
  | Extract<(typeof topology)[number], { extraPort: unknown }>['extraPort']['name']
  | typeof control.name;

/** The settings of the hosts, by the services that they reach. */
export type HostName = `${Extract<(typeof topology)[number], { host: unknown }>['name']}Host`;
