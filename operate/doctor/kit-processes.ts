import { readFileSync, readlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import {
  type Config,
  ConfigError,
  control,
  loadConfig,
  type ServiceDeclaration,
  type ServiceRole,
  serviceWithRole,
  topology,
} from '#config';
import { findLockHolder, readOwner } from '../../services/runtime/process/file-lock.ts';
import {
  type ListeningSocket,
  listeningSockets,
  socketInodes,
} from '../../services/runtime/process/port-owner.ts';
import { argumentsOf, environmentOf, listPids } from '../../services/runtime/process/process-table.ts';
import { RUN_VARIABLE } from '../../services/runtime/process/run-marks.ts';
import type { Variables } from './load-leniently.ts';

/** A service that runs, whoever started it. */
export interface ServiceProcess {
  readonly pid: number;
  readonly service: string;
  /** The run of the supervisor that started it; undefined when none did. */
  readonly run?: string;
  /** What it has settled to; undefined when it cannot have started. */
  readonly config?: Config;
  readonly listening: readonly ListeningSocket[];
}

/** What of the kit runs on this data folder. */
export interface KitProcesses {
  /** Whether this system shows its processes at all: only then does an empty list mean that nothing runs. */
  readonly canSee: boolean;
  readonly services: readonly ServiceProcess[];
  /** Gates of kits on other data folders. */
  readonly elsewhere: readonly number[];
  /** Who has the lock of the data folder, and whether that process lives. */
  readonly supervisor?: LockOwner;
}

export interface LockOwner {
  readonly pid: number;
  readonly run: string;
  readonly isAlive: boolean;
}

/** The processes of the kit on a data folder, as far as this user may see them. Linux only. */
export function findKit(dataDir: string): KitProcesses {
  const pids = listPids();
  const services = pids.flatMap((pid) => toService(pid) ?? []);
  const supervisor = readHolder(dataDir);
  const gates = processesOf(services, 'public-port');
  return {
    canSee: pids.length > 0,
    services: services.filter(({ config }) => config?.dataDir === dataDir),
    elsewhere: gates.filter(({ config }) => config?.dataDir !== dataDir).map(({ pid }) => pid),
    ...(supervisor === undefined ? {} : { supervisor }),
  };
}

/** The processes of the service that has a role. */
export function processesOf(
  services: readonly ServiceProcess[],
  role: ServiceRole,
): readonly ServiceProcess[] {
  const { name } = serviceWithRole(role);
  return services.filter(({ service }) => service === name);
}

const declared: readonly ServiceDeclaration[] = topology;

function toService(pid: number): ServiceProcess | undefined {
  const args = argumentsOf(pid);
  const service = declared.find(
    ({ entry }) => entry !== undefined && args.some((arg) => isEntry(arg, entry)),
  );
  if (pid === process.pid || service === undefined) return undefined;
  const environment = environmentOf(pid);
  const config = settledBy(pid, environment, service.name);
  const run = environment[RUN_VARIABLE];
  return {
    pid,
    service: service.name,
    ...(run === undefined ? {} : { run }),
    ...(config === undefined ? {} : { config }),
    listening: socketsOf(pid),
  };
}

function isEntry(argument: string, entry: string): boolean {
  return argument === entry || argument.endsWith(`/${entry}`);
}

/** The sockets of a process that listen, by its own network namespace. */
function socketsOf(pid: number): ListeningSocket[] {
  const inodes = new Set(socketInodes(pid));
  return inodes.size === 0 ? [] : listeningSockets(pid).filter(({ inode }) => inodes.has(inode));
}

/** A process settles by its own environment, in its own folder: so it is known even where nobody wrote it down. */
function settledBy(pid: number, env: Variables, service: string): Config | undefined {
  if (Object.keys(env).length === 0) return undefined;
  try {
    return loadConfig({ env, service, folder: readlinkSync(`/proc/${pid}/cwd`) }).config;
  } catch (error) {
    if (error instanceof ConfigError || isSystemError(error)) return undefined; // It ends, or has ended.
    throw error;
  }
}

const runSchema = z.object({ run: z.string() });

/** Who has the data folder as its supervisor, or had it when it was killed, if anybody. */
function readHolder(dataDir: string): LockOwner | undefined {
  const path = join(resolve(dataDir), control.name);
  let text: string;
  let isAlive: boolean;
  try {
    text = readFileSync(`${path}.run`, 'utf8');
    isAlive = findLockHolder(path) !== undefined;
  } catch (error) {
    if (isSystemError(error)) return undefined; // No run, or none that this user may read.
    throw error;
  }
  const noted = runSchema.safeParse(parseJson(text));
  const owner = readOwner(path);
  return noted.success && owner !== undefined ? { pid: owner.pid, run: noted.data.run, isAlive } : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Torn by a power cut.
  }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'code' in error;
}
