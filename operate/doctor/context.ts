import { connect } from 'node:net';
import { type Config, type Loaded, profiles, type ServiceRole, secretsOf, usableKeys } from '#config';
import { type ListeningSocket, listeningSockets } from '../../services/runtime/process/port-owner.ts';
import { type Answer, ask } from './ask.ts';
import { findKit, type KitProcesses, processesOf, type ServiceProcess } from './kit-processes.ts';
import { loadLeniently, type Variables } from './load-leniently.ts';
import { findHolders, type Holder } from './port-holders.ts';

/** Where the system shows what the checks read; folders of their own in tests. */
export interface SystemSources {
  readonly cgroupDir: string;
  readonly shmDir: string;
  /** Whose clock counts, and who must be reached. */
  readonly whatsAppUrl: string;
}

const SYSTEM_SOURCES: SystemSources = {
  cgroupDir: '/sys/fs/cgroup',
  shmDir: '/dev/shm',
  whatsAppUrl: 'https://web.whatsapp.com/',
};

/** What is to be looked at. */
export interface DoctorOptions {
  /** Settings from the command line, by variable. */
  readonly settings: Variables;
  readonly env: Variables;
  /** Where `.env` is looked for. */
  readonly folder: string;
  /** Instead of this machine. */
  readonly url?: URL;
  readonly sources?: Partial<SystemSources>;
  /** How long the public address may take to answer. */
  readonly askMs?: number;
}

/** What every check may look at. */
export interface Context {
  readonly env: Variables;
  readonly sources: SystemSources;
  /** What the kit would settle to if it started here now, and where each value is from. */
  readonly intended: Loaded;
  readonly problems: readonly string[];
  /** What the kit that runs has settled to; the intended one when none runs. */
  readonly config: Config;
  readonly kit: KitProcesses;
  /** What listens on this machine, and who holds the ports of the kit. */
  readonly listening: readonly ListeningSocket[];
  readonly holders: ReadonlyMap<number, readonly Holder[]>;
  /** The public address. */
  readonly origin: URL;
  readonly isLocal: boolean;
  /** Why no key is sent there, although there is one. */
  readonly keyWithheld?: string;
  /** Asks the public address; each path once, however many checks want it. */
  ask(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
}

/** Less than the deadline of a check, so that a silent address is told as such. */
export const ASK_MS = 2_500;

/**
 * Looks once at what all checks share. The process table is read here, at one go: amid the checks it would hold up the
 * answers that others wait for, and deadlines would pass for nothing.
 */
export function createContext({
  settings,
  env,
  folder,
  url,
  sources = {},
  askMs = ASK_MS,
}: DoctorOptions): Context {
  const { loaded: intended, problems } = loadLeniently(settings, env, folder);
  const kit: KitProcesses =
    url === undefined ? findKit(intended.config.dataDir) : { canSee: false, services: [], elsewhere: [] };
  const config = configOf(kit.services, intended.config) ?? intended.config;
  const origin = url ?? localOrigin(config);
  const [key] = usableKeys(config);
  const keyWithheld =
    key !== undefined && origin.protocol !== 'https:' && !isLoopbackName(origin.hostname)
      ? 'no API key is sent over plain http'
      : undefined;
  const answers = new Map<string, Promise<Answer>>();
  return {
    env,
    sources: { ...SYSTEM_SOURCES, ...sources },
    intended,
    problems,
    config,
    kit,
    listening: url === undefined ? listeningSockets() : [],
    holders: url === undefined ? findHolders(new Set(Object.values(config.ports))) : new Map(),
    origin,
    isLocal: url === undefined,
    ...(keyWithheld === undefined ? {} : { keyWithheld }),
    ask(path, headers = {}) {
      const name = `${path} ${JSON.stringify(headers)}`;
      const keyed =
        path.startsWith('/api') && key !== undefined && keyWithheld === undefined
          ? { 'x-api-key': key, ...headers }
          : headers;
      const answer = answers.get(name) ?? ask(new URL(path, origin), { headers: keyed, timeoutMs: askMs });
      answers.set(name, answer);
      return answer;
    },
  };
}

/** The gate knows where ports have moved to last only by message; the others start anew with what is settled. */
function configOf(services: readonly ServiceProcess[], intended: Config): Config | undefined {
  const supervised = services.filter(({ run }) => run !== undefined);
  const roles = ['messages', 'public-port', 'whatsapp-session'] as const;
  const found = roles
    .flatMap((role) => processesOf(supervised, role))
    .find(({ config }) => config !== undefined);
  if (found?.config === undefined) return undefined;
  const { config, service } = found;
  const given = secretsOf(service);
  // What that service is not told, the kit has from where it would be taken now.
  return {
    ...config,
    apiKeys: given.includes('API_KEYS') ? config.apiKeys : intended.apiKeys,
    store: {
      ...config.store,
      databaseUrl: given.includes('DATABASE_URL') ? config.store.databaseUrl : intended.store.databaseUrl,
    },
  };
}

/** The public address of the kit on this machine. */
export function localOrigin({ gate, ports }: Config): URL {
  const host = gate.host === '0.0.0.0' ? '127.0.0.1' : gate.host === '::' ? '::1' : gate.host;
  return new URL(`http://${host.includes(':') ? `[${host}]` : host}:${ports.gate}`);
}

function isLoopbackName(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** Whether the place is one where a container or a platform is in front of the world. */
export function isDeployed({ config }: Pick<Context, 'config'>): boolean {
  return config.profile !== 'local' && config.profile !== 'custom';
}

/**
 * Whether the doctor looks for the service that has a role here. Where the services have hosts of their own, it looks
 * only for what runs here.
 */
export function belongsHere({ config, kit }: Pick<Context, 'config' | 'kit'>, role: ServiceRole): boolean {
  return !profiles[config.profile].spansHosts || processesOf(kit.services, role).length > 0;
}

/** What is known of the platform, in words: `Railway`, `a container on a host of your own`. */
export function platformName({ config }: Pick<Context, 'config'>): string {
  return profiles[config.profile].doc;
}

/** Whether anybody takes connections there: `open`, or the network's own word. */
export function probePort(host: string, port: number, timeoutMs = 1_000): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (verdict: string) => {
      socket.destroy();
      resolve(verdict);
    };
    socket.setTimeout(timeoutMs, () => end('ETIMEDOUT'));
    socket.on('connect', () => end('open'));
    socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}
