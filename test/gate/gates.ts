import type { GateOptions } from '../../services/gate/options.ts';
import { type Gate, startGate } from '../../services/gate/server.ts';

/** One of the implementations of the gate's contract. */
export interface GateKind {
  readonly name: 'node' | 'nginx';
  start(options: GateOptions): Promise<Gate>;
}

/** Every implementation of the gate: what is promised of one is tested on each. */
export const GATES: readonly GateKind[] = [{ name: 'node', start: startGate }];
