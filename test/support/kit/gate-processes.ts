import { listProcesses } from '../../../services/runtime/process/process-table.ts';
import type { GateKind } from '../gate/gates.ts';
import type { Kit } from './kit.ts';

/** What of a gate can be killed: a name, how to find it, and whether the gate ends with it. */
export type Victim = readonly [what: string, find: (kit: Kit) => number, endsGate: boolean];

export const GATE_VICTIMS: Readonly<Record<GateKind['name'], readonly Victim[]>> = {
  node: [['its process', gateOf, true]],
  nginx: [
    ['the master', masterOf, true],
    ['a worker', (kit) => childOf(masterOf(kit)), false],
    ['the process that runs nginx', gateOf, true],
  ],
};

export function gateOf(kit: Kit): number {
  return kit.pidOf('gate');
}

export function masterOf(kit: Kit): number {
  return childOf(gateOf(kit));
}

function childOf(pid: number): number {
  const child = listProcesses().find(({ parent, isZombie }) => parent === pid && !isZombie);
  if (child === undefined) throw new Error(`${pid} has no child`);
  return child.pid;
}
