import { basename } from 'node:path';
import { findPortOwners } from '../../services/runtime/process/port-owner.ts';
import { argumentsOf, environmentOf, readProcess } from '../../services/runtime/process/process-table.ts';
import { RUN_VARIABLE } from '../../services/runtime/process/run-marks.ts';

/** Someone who listens on a port of the kit. */
export interface Holder {
  readonly pid: number;
  /** The program and its script, without arguments: those may hold secrets. */
  readonly program: string;
  /** The run of the kit that it belongs to. */
  readonly run?: string;
}

/** Who listens on each of the ports, as far as this user may see. */
export function findHolders(ports: ReadonlySet<number>): Map<number, Holder[]> {
  return new Map([...findPortOwners(ports)].map(([port, pids]) => [port, pids.map(toHolder)]));
}

function toHolder(pid: number): Holder {
  const run = runOf(pid);
  return { pid, program: programOf(argumentsOf(pid)), ...(run === undefined ? {} : { run }) };
}

/** By its own mark or that of a parent: nginx writes its title over its environment. */
function runOf(pid: number): string | undefined {
  for (let at = pid; at > 1; at = readProcess(at)?.parent ?? 0) {
    const run = environmentOf(at)[RUN_VARIABLE];
    if (run !== undefined) return run;
  }
  return undefined;
}

/** A command without its arguments. */
export function programOf([program = 'a process', ...rest]: readonly string[]): string {
  const script = rest.find((argument) => /^[\w@./-]+\.\w{1,5}$/.test(argument));
  return script === undefined ? basename(program) : `${basename(program)} ${basename(script)}`;
}
