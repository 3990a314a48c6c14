import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findNginx } from '#config';
import { programEnvironment } from '../../../services/runtime/process/program-environment.ts';
import { type Check, type Finding, found, good } from '../check.ts';
import type { Context } from '../context.ts';

/** Below 3 s, so that what hangs is told as such. */
const ANSWERS_WITHIN_MS = 2_000;
const LEAST_NGINX = [1, 22] as const;

/** The nginx of GATE=nginx. */
export const nginx: Check = {
  id: 'nginx',
  title: 'nginx',
  group: 'Machine',
  where: 'machine',
  finds: 'GATE=nginx without an nginx, or with one that is too old',
  run: async ({ intended, problems }: Context) => {
    const { kind, nginxPath } = intended.config.gate;
    // The configuration itself is then the one without the variable that is bad.
    if (problems.some((line) => /^GATE .*needs nginx|^NGINX_PATH /.test(line))) return judgeNginx(undefined);
    if (kind !== 'nginx') return [];
    const path = findNginx(nginxPath);
    if (path === undefined) return judgeNginx(undefined);
    const { stderr, stdout } = await promisify(execFile)(path, ['-v'], {
      timeout: ANSWERS_WITHIN_MS,
      env: programEnvironment(),
    });
    return judgeNginx(`${stderr}${stdout}`.trim());
  },
};

export function judgeNginx(said: string | undefined): Finding[] {
  const remedy =
    'install it (Debian: apt-get install nginx-light), set NGINX_PATH, or unset GATE for the gate in TypeScript';
  if (said === undefined) return [found('error', 'no nginx was found', 'GATE=nginx needs one', remedy)];
  const [, major, minor] = /nginx\/(\d+)\.(\d+)/.exec(said) ?? [];
  if (major === undefined)
    return [found('error', said.slice(0, 120), 'what NGINX_PATH names is no nginx', remedy)];
  const [leastMajor, leastMinor] = LEAST_NGINX;
  const isOld = Number(major) < leastMajor || (Number(major) === leastMajor && Number(minor) < leastMinor);
  return isOld
    ? [found('error', said, `the gate is configured for nginx ${LEAST_NGINX.join('.')} or later`, remedy)]
    : good(said);
}

/** The PostgreSQL of DATABASE_URL, with a connection of its own. */
export const database: Check = {
  id: 'database',
  title: 'Database',
  group: 'Data',
  where: 'machine',
  finds: '503 "Store not available": PostgreSQL refuses, is silent, or does not know the user',
  run: async ({ config }: Context) =>
    config.store.databaseUrl === '' ? [] : judgeDatabase(await connectTo(config.store.databaseUrl)),
};

/** Undefined when it answers; else the code of the network or of PostgreSQL. */
async function connectTo(url: string): Promise<string | undefined> {
  const { default: pg } = await import('pg'); // Loaded only where it is used.
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: ANSWERS_WITHIN_MS,
    query_timeout: ANSWERS_WITHIN_MS,
    application_name: 'gatehouse-doctor',
  });
  client.on('error', () => undefined); // Told by who waits for an answer.
  try {
    await client.connect();
    await client.query('select 1');
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) return String(error);
    return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
  } finally {
    // Not waited for: a server that hangs does not say goodbye.
    void client.end().catch(() => undefined);
  }
}

const DATABASE_CAUSES: readonly (readonly [pattern: RegExp, cause: string, remedy: string])[] = [
  [/^ECONNREFUSED/, 'nothing listens there', 'start PostgreSQL, or correct host and port in DATABASE_URL'],
  [
    /^(ENOTFOUND|EAI_)/,
    'its host has no address',
    'correct the host in DATABASE_URL; a private name is known only inside the platform',
  ],
  [
    /timeout|^ETIMEDOUT/i,
    'it does not answer',
    'let its firewall pass this machine; a sleeping database may need a minute',
  ],
  [
    /^28P01|^28000/,
    'it refuses the user or the password',
    'set DATABASE_URL anew, with the password percent-encoded',
  ],
  [/^3D000/, 'it has no database of that name', 'create the database, or correct the name in DATABASE_URL'],
  [/^42501/, 'the user may not do what the kit needs', 'grant the user CREATE on the database'],
  [
    /^53300/,
    'it has no connection left',
    'raise max_connections, or end other clients; the kit uses up to 10',
  ],
  [
    /SSL|CERT|SELF_SIGNED|certificate/i,
    'TLS does not hold',
    'add ?sslmode=require or the certificate of the server, as its host says',
  ],
];

export function judgeDatabase(code: string | undefined): Finding[] {
  if (code === undefined) return good('PostgreSQL answers');
  const [, cause, remedy] = DATABASE_CAUSES.find(([pattern]) => pattern.test(code)) ?? [
    undefined,
    'it cannot be used',
    'see the log of the database for this moment',
  ];
  return [found('error', `connecting to the host of DATABASE_URL: ${code}`, cause, remedy)];
}
