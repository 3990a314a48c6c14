import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listProcesses, signalProcess } from '../../../services/runtime/process/process-table.ts';
import { until } from '../../support/until.ts';

/** Clock ticks of /proc, per second. Source: proc(5); 100 on every Linux of today. */
const TICKS_PER_SECOND = 100;
const START_MS = 20_000;

/** What is asked in turn with others. */
export interface Measured {
  readonly name: string;
  readonly port: number;
  /** Processor time so far, of all its processes, in seconds. */
  readonly cpuSeconds: number;
}

/** What answers on a port, with all the processes it is made of. Its log goes to a file, as lines. */
export class ServerProcess implements Measured, AsyncDisposable {
  readonly name: string;
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(name: string, port: number, child: ChildProcess) {
    this.name = name;
    this.port = port;
    this.#child = child;
  }

  /** Resolves when `readyPath` is answered with 200. */
  static async start(plan: ServerPlan): Promise<ServerProcess> {
    const { name, port, file, args, environment = {}, folder, readyPath } = plan;
    const logFile = join(folder, `${name.replaceAll(/\W+/g, '-')}-${port}.log`);
    const output = openSync(logFile, 'a');
    const child = spawn(file, args, {
      cwd: folder,
      env: { PATH: process.env.PATH, NODE_ENV: 'production', ...environment },
      stdio: ['ignore', output, 'inherit', ...(plan.isService ? ['ipc' as const] : [])],
    });
    closeSync(output);
    const server = new ServerProcess(name, port, child);
    try {
      await until(
        `${name} answers`,
        async () => child.exitCode !== null || (await fetch(`http://127.0.0.1:${port}${readyPath}`)).ok,
        { withinMs: START_MS },
      );
      if (child.exitCode !== null) throw new Error(`${name} has ended: ${readFileSync(logFile, 'utf8')}`);
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
    return server;
  }

  get cpuSeconds(): number {
    return this.#pids().reduce((sum, pid) => sum + ticksOf(pid), 0) / TICKS_PER_SECOND;
  }

  /** Proportional set size of all its processes. Source: proc(5), `smaps_rollup`. */
  get pssMb(): number {
    return this.#pids().reduce((sum, pid) => sum + pssKilobytes(pid), 0) / 1024;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    if (this.#child.connected) this.#child.disconnect();
    else signalProcess(this.#child.pid ?? 0, 'SIGTERM');
    await ended;
  }

  #pids(): number[] {
    const rows = listProcesses();
    const pids = [this.#child.pid ?? 0];
    for (const pid of pids) pids.push(...rows.filter(({ parent }) => parent === pid).map((row) => row.pid));
    return pids;
  }
}

export interface ServerPlan {
  readonly name: string;
  readonly port: number;
  readonly file: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Its working folder, where its log lies. */
  readonly folder: string;
  readonly readyPath: string;
  /** Of the kit: it ends in order once the process that started it lets go of it. */
  readonly isService?: boolean;
}

function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function pssKilobytes(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]);
}
